import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '../protocol/errors.ts';
import { type AuthProblem, parseAuthorization, type SignedRequest, verify } from '../protocol/sigv4.ts';
import type { Credentials } from '../store/credentials.ts';
import type { Sessions } from './sessions.ts';

/** How far a request's time may be off, milliseconds. Source: EC2 API reference (RequestExpired); IAM user guide. */
const SKEW = { ec2: 15 * 60_000, other: 5 * 60_000 } as const;

/** Services that answer on the endpoint, by the name in the credential scope. */
const SERVICES = new Set(['ec2', 'iam', 'sts', 'ssm']);

export interface Caller {
  readonly service: string;
  readonly region: string;
}

/** Who signed a request, and for which service and region. Throws as the service itself words it. */
export function authenticate(
  request: SignedRequest,
  credentials: Credentials,
  sessions: Sessions,
  regions: readonly string[],
  now: number,
): Caller {
  const auth = parseAuthorization(one(request.headers.authorization));
  if (typeof auth === 'string') throw refusal('ec2', auth);
  const { service, region } = auth;
  if (!SERVICES.has(service)) throw refusal('ec2', 'scope');
  const secret = secretOf(
    auth.accessKeyId,
    one(request.headers['x-amz-security-token']),
    credentials,
    sessions,
    now,
    service,
  );
  const problem = verify(request, auth, secret, now, service === 'ec2' ? SKEW.ec2 : SKEW.other);
  if (problem) throw refusal(service, problem);
  // IAM is global and signed for us-east-1 whatever region is meant.
  if (service !== 'iam' && !regions.includes(region)) throw refusal(service, 'scope');
  return { service, region: regions.includes(region) ? region : (regions[0] ?? region) };
}

function secretOf(
  key: string,
  token: string | undefined,
  own: Credentials,
  sessions: Sessions,
  now: number,
  service: string,
): string {
  if (key === own.accessKeyId) {
    if (token !== undefined) throw refusal(service, 'unknown-key');
    return own.secretAccessKey;
  }
  const session = sessions.find(key);
  if (!session || token === undefined || !sameText(token, session.sessionToken)) throw refusal(service, 'unknown-key');
  if (now > session.expiresAt)
    throw service === 'ec2'
      ? new ApiError('RequestExpired', 'Request has expired.')
      : new ApiError('ExpiredToken', 'The security token included in the request is expired', 403);
  return session.secretAccessKey;
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function refusal(service: string, problem: AuthProblem): ApiError {
  if (problem === 'incomplete')
    return new ApiError('IncompleteSignature', 'The request signature does not conform to AWS standards.');
  if (service === 'ec2') {
    if (problem === 'expired') return new ApiError('RequestExpired', 'Request has expired.');
    return new ApiError('AuthFailure', 'AWS was not able to validate the provided access credentials');
  }
  switch (problem) {
    case 'missing':
      return new ApiError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
    case 'unknown-key':
      return new ApiError('InvalidClientTokenId', 'The security token included in the request is invalid.');
    case 'expired':
      return new ApiError(
        'SignatureDoesNotMatch',
        'Signature expired: the date of the request is too far from the current time',
      );
    case 'scope':
      return new ApiError('SignatureDoesNotMatch', 'Credential should be scoped to a valid region.');
    default:
      return new ApiError(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
  }
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(',') : value;
}
