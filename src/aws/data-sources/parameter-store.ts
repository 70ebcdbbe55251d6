import { dataSource, type MadeDataSource } from '../../sdk/data-source.ts';
import { KilnError } from '../../sdk/errors.ts';
import { type OptionsOf, option } from '../../sdk/options.ts';
import { accessOptions, coreOptions } from '../options/index.ts';
import { isAwsError } from '../policy/aws-error.ts';
import { type DataSourceReach, reach } from './reach.ts';

const options = {
  ...coreOptions,
  ...accessOptions,
  name: option.string({ note: 'Name of the parameter; `:VERSION` or `:LABEL` may follow.', required: true }),
  with_decryption: option.boolean({ note: 'Decrypt a SecureString.', default: false }),
} as const;

/** Reads a parameter of Systems Manager's Parameter Store. */
export function amazonParameterStore(info: DataSourceReach): MadeDataSource {
  return dataSource<OptionsOf<typeof options>>({
    type: 'amazon-parameterstore',
    schema: { options },
    outputs: { value: 'string', version: 'string', arn: 'string' },
    read: async given => {
      const { aws, signal } = await reach(given, info);
      const ssm = await aws.ssm();
      try {
        const { Parameter: found } = await ssm.getParameter(
          { Name: given.name, WithDecryption: given.with_decryption === true },
          signal,
        );
        if (found?.Type === 'SecureString' && given.with_decryption && found.Value) info.secret(found.Value);
        return { value: found?.Value ?? '', version: String(found?.Version ?? ''), arn: found?.ARN ?? '' };
      } catch (error) {
        if (!isAwsError(error, 'ParameterNotFound', 'ParameterVersionNotFound')) throw error;
        const what = error.awsCode === 'ParameterNotFound' ? 'no parameter' : 'no version of the parameter';
        throw new KilnError(`there is ${what} "${given.name}" in the Parameter Store in ${aws.region}`, {
          cause: error,
          hint: 'check its name and the region (aws ssm get-parameter)',
          code: 'parameter-not-found',
        });
      }
    },
  });
}
