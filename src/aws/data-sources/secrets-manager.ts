import { dataSource, type MadeDataSource } from '../../sdk/data-source.ts';
import { KilnError } from '../../sdk/errors.ts';
import { type OptionsOf, option } from '../../sdk/options.ts';
import { accessOptions, coreOptions } from '../options/index.ts';
import { isKind } from '../policy/aws-error.ts';
import { type DataSourceReach, reach } from './reach.ts';

const options = {
  ...coreOptions,
  ...accessOptions,
  name: option.string({ note: 'Name or ARN of the secret.', required: true }),
  key: option.string({ note: 'Key of the wanted value, when the secret is a JSON object.' }),
  version_id: option.string({ note: 'Version to read; goes before version_stage.' }),
  version_stage: option.string({ note: 'Staging label of the version to read.', default: 'AWSCURRENT' }),
} as const;

/** Reads a secret of AWS Secrets Manager. All it gives is masked in kiln's output. */
export function amazonSecretsManager(info: DataSourceReach): MadeDataSource {
  return dataSource<OptionsOf<typeof options>>({
    type: 'amazon-secretsmanager',
    schema: { options },
    outputs: { value: 'string', secret_string: 'string', secret_binary: 'string', version_id: 'string' },
    read: async ({ name, key, version_id, version_stage, ...access }) => {
      const { aws, signal } = await reach(access, info);
      const secrets = await aws.secretsManager();
      const version = version_id ? { VersionId: version_id } : { VersionStage: version_stage ?? 'AWSCURRENT' };
      try {
        const found = await secrets.getSecretValue({ SecretId: name, ...version }, signal);
        const text = found.SecretString ?? '';
        const binary = found.SecretBinary ? Buffer.from(found.SecretBinary).toString('utf8') : '';
        const value = chosenValue(text, name, key);
        for (const one of [text, binary, value]) if (one !== '') info.secret(one);
        return { value, secret_string: text, secret_binary: binary, version_id: found.VersionId ?? '' };
      } catch (error) {
        if (!isKind(error, 'not-found')) throw error;
        const which = version_id
          ? `version "${version_id}"`
          : `the version labelled "${version_stage ?? 'AWSCURRENT'}"`;
        throw new KilnError(`there is no secret "${name}", or not ${which} of it, in ${aws.region}`, {
          cause: error,
          hint: 'check its name, the version and the region (aws secretsmanager get-secret-value)',
          code: 'secret-not-found',
        });
      }
    },
  });
}

/**
 * The chosen value: of a secret that is no JSON the whole text, of an object the member called `key`, or its first one
 * when none is named; empty when there is none (reference: data-sources.json).
 */
function chosenValue(text: string, name: string, key: string | undefined): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new KilnError(`the secret "${name}" is JSON, but not an object`, {
      hint: 'store an object of texts and numbers, or a text that is no JSON',
    });
  const members = parsed as Readonly<Record<string, unknown>>;
  const wanted = key ?? Object.keys(members)[0] ?? '';
  if (!Object.hasOwn(members, wanted)) return '';
  const value = members[wanted];
  if (typeof value === 'string') return value;
  // Without decimals, as Packer prints them.
  if (typeof value === 'number') return Math.trunc(value).toFixed(0);
  throw new KilnError(`the key "${wanted}" of the secret "${name}" is neither a text nor a number`);
}
