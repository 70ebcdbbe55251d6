import { KilnError, messageOf, systemCode } from '../../sdk/errors.ts';
import { type FailureKind, kindOf } from './codes.ts';

interface Where {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly endpoint?: string | undefined;
}

/** A call to AWS that failed, told so that a user knows what to do. */
export class AwsError extends KilnError {
  /** AWS's own code, e.g. `InvalidAMIID.NotFound`. */
  readonly awsCode: string;
  readonly kind: FailureKind;
  readonly operation: string;
  /** The call may have been carried out although it failed: its answer was lost. */
  readonly maybeDone: boolean;

  constructor(where: Where, error: unknown, kind: FailureKind, awsCode: string, message: string) {
    super(message, { cause: error, code: `aws-${kind}`, ...hintFor(kind, where, awsCode, message) });
    this.name = 'AwsError';
    this.awsCode = awsCode;
    this.kind = kind;
    this.operation = where.operation;
    this.maybeDone = kind === 'transient';
  }
}

/** Whether something thrown is an AWS failure with one of these codes; any code when none is given. */
export function isAwsError(error: unknown, ...codes: readonly string[]): error is AwsError {
  return error instanceof AwsError && (codes.length === 0 || codes.includes(error.awsCode));
}

export function isKind(error: unknown, ...kinds: readonly FailureKind[]): error is AwsError {
  return error instanceof AwsError && kinds.includes(error.kind);
}

/** For `Resources.acquire`: the creating call certainly had no effect. */
export function certainlyNotCreated(error: unknown): boolean {
  return error instanceof AwsError && !error.maybeDone;
}

/** Says what the SDK threw as an AwsError; decoded authorization reasons are appended when there are any. */
export function toAwsError(where: Where, error: unknown, reason?: string): AwsError {
  if (error instanceof AwsError) return error;
  const { code, status } = codeOf(error);
  const kind = kindOf(code, status);
  const told = tidy(messageOf(error));
  const text =
    kind === 'unreachable' || (kind === 'transient' && status === 0)
      ? `${where.service} in ${where.region} could not be reached${where.endpoint ? ` at ${where.endpoint}` : ''}: ${told || code}`
      : kind === 'credentials' && code === 'CredentialsProviderError'
        ? `no usable AWS credentials: ${told.replace(NO_CODE, '')}`
        : `${where.service} refused ${where.operation} in ${where.region}: ${told} (${code})`;
  return new AwsError(where, error, kind, code, reason ? `${text}; ${reason}` : text);
}

/** How the SDK ends its complaint about a missing MFA code. */
const NO_CODE = /, but no MFA code callback was provided$/;

/** The error code and HTTP status of what the SDK threw. */
export function codeOf(error: unknown): { readonly code: string; readonly status: number } {
  if (typeof error !== 'object' || error === null) return { code: 'Unknown', status: 0 };
  const metadata = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }) : undefined;
  const status = metadata?.httpStatusCode ?? 0;
  const name = 'Code' in error && typeof error.Code === 'string' ? error.Code : (error as { name?: unknown }).name;
  const code = status === 0 ? (systemCode(error) ?? name) : name;
  return { code: typeof code === 'string' ? code : 'Unknown', status };
}

/** One line, without the encoded authorization message that only AWS can read, and without a final period. */
function tidy(message: string): string {
  return message
    .replace(/\s*Encoded authorization failure message: \S+/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '');
}

function hintFor(kind: FailureKind, where: Where, code: string, message: string): { hint?: string } {
  const hint = HINTS[kind]?.(where, code, message);
  return hint ? { hint } : {};
}

/** What S3 wants for operations whose permission has another name. */
const S3_PERMISSIONS: Readonly<Record<string, string>> = {
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
  ListMultipartUploads: 'ListBucketMultipartUploads',
};

const HINTS: Partial<Record<FailureKind, (where: Where, code: string, message: string) => string>> = {
  throttling: () => 'the account makes more requests than AWS admits; lower -parallel-builds or raise max_retries',
  unreachable: where =>
    where.endpoint
      ? `check ${where.service === 'S3' ? '' : 'custom_endpoint_ec2 or '}AWS_ENDPOINT_URL_${where.service === 'S3' ? 'S3' : 'EC2'}, and that something listens there`
      : `check the network and that "${where.region}" is a region; --local bakes without AWS`,
  skew: () => 'set the clock of this machine',
  expired: () => 'the temporary credentials ran out: get new ones (aws sso login, or export AWS_SESSION_TOKEN anew)',
  credentials: (_, code, message) => {
    if (code !== 'CredentialsProviderError')
      return 'check access_key, secret_key and token, or the profile: AWS does not accept them';
    return /multi-factor/.test(message)
      ? 'set mfa_code to the code that the device shows now, e.g. "mfa_code": "{{user `mfa`}}" and -var mfa=123456'
      : 'run "aws configure", or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set profile; --local bakes without AWS';
  },
  denied: (where, code) =>
    code === 'OptInRequired'
      ? 'subscribe to the product in the AWS Marketplace, or enable the service or region for the account'
      : where.service === 'S3'
        ? `the credentials are known but lack s3:${S3_PERMISSIONS[where.operation] ?? where.operation} for the bucket, or its policy or KMS key refuses them`
        : `the credentials are known but lack ${where.service.toLowerCase()}:${where.operation}; decode_authorization_messages tells more`,
  capacity: () => 'AWS has no room for this instance type there now: try another type, zone or subnet',
  quota: () => 'the account is at its limit: remove what is not needed, or ask AWS for a higher quota',
};
