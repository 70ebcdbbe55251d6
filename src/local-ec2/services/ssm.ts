/** Systems Manager's public parameters: names of current public images, which stand-ins answer. JSON protocol. */
import type { Call } from '../api/action.ts';
import { ApiError } from '../protocol/errors.ts';
import { admitStandIn, standInBySearch } from '../stand-ins.ts';

interface PublicImages {
  readonly path: RegExp;
  readonly owner: string;
  readonly pattern: string;
}

/** Public parameter paths and the image names behind them. Source: the publishers' documentation. */
const PUBLIC_IMAGES: readonly PublicImages[] = [
  {
    path: /^\/aws\/service\/ami-amazon-linux-latest\/al2023-ami-.*x86_64$/,
    owner: 'amazon',
    pattern: 'al2023-ami-2023.*-x86_64',
  },
  {
    path: /^\/aws\/service\/ami-amazon-linux-latest\/amzn2-ami-.*x86_64-/,
    owner: 'amazon',
    pattern: 'amzn2-ami-hvm-*-x86_64-gp2',
  },
  {
    path: /^\/aws\/service\/canonical\/ubuntu\/.*\/amd64\//,
    owner: '099720109477',
    pattern: 'ubuntu/images/hvm-ssd/ubuntu-*-amd64-server-20240115',
  },
  { path: /^\/aws\/service\/debian\/.*\/amd64$/, owner: '136693071363', pattern: 'debian-12-amd64-*' },
];

/** Answers GetParameter. Throws ParameterNotFound for all but paths of public images. */
export function getParameter(call: Call, input: unknown): unknown {
  const name = typeof input === 'object' && input !== null && 'Name' in input ? input.Name : undefined;
  if (typeof name !== 'string' || name === '')
    throw new ApiError('ValidationException', 'Parameter name must not be empty');
  const known = PUBLIC_IMAGES.find(one => one.path.test(name));
  const image = known && standInBySearch(call, [known.owner], [{ Name: 'name', Value: [known.pattern] }]);
  if (!image) throw new ApiError('ParameterNotFound', `The parameter ${name} does not exist in the embedded EC2`);
  const { id } = admitStandIn(call, image);
  return {
    Parameter: {
      Name: name,
      Type: 'String',
      DataType: 'aws:ec2:image',
      Value: id,
      Version: 1,
      ARN: `arn:aws:ssm:${call.region}::parameter${name}`,
      LastModifiedDate: call.world.now() / 1000,
    },
  };
}
