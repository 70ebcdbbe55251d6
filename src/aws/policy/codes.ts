/**
 * What an AWS failure means for the one who called. The one table of EC2's habits: no call has patches of its own.
 * Codes: "Error codes for the Amazon EC2 API" and the common errors of the other services.
 */
export type FailureKind =
  /** Too many requests; the call was not carried out. */
  | 'throttling'
  /** Passing trouble on the way or at the other end; the call may have been carried out. */
  | 'transient'
  /** No connection at all; the call was not carried out. */
  | 'unreachable'
  /** This machine's clock is off. */
  | 'skew'
  /** Temporary credentials ran out. */
  | 'expired'
  /** No credentials, or nobody knows them. */
  | 'credentials'
  /** Known, but not allowed to do this. */
  | 'denied'
  | 'not-found'
  /** Something of that name exists already. */
  | 'duplicate'
  /** Something else still uses it, or it is in a state that passes. */
  | 'busy'
  /** No room for that instance type there, now. */
  | 'capacity'
  /** A limit of the account. */
  | 'quota'
  | 'dry-run'
  /** Anything else: trying again would give the same. */
  | 'final';

const KINDS: Readonly<Record<Exclude<FailureKind, 'final' | 'not-found' | 'duplicate'>, readonly string[]>> = {
  throttling: [
    'RequestLimitExceeded',
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'RequestThrottled',
    'RequestThrottledException',
    'TooManyRequestsException',
    'EC2ThrottledException',
    'BandwidthLimitExceeded',
    'SlowDown',
    'PriorRequestNotComplete',
    'TransactionInProgressException',
  ],
  transient: [
    'InternalError',
    'InternalFailure',
    'InternalServerError',
    'ServerInternal',
    'ServiceUnavailable',
    'ServiceUnavailableException',
    'ServiceFailure',
    'Unavailable',
    'RequestTimeout',
    'RequestTimeoutException',
    'TimeoutError',
    // The SDK's name for a call that ran out of its own time; a cancelled build never gets here.
    'AbortError',
    'IDPCommunicationError',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'ERR_STREAM_PREMATURE_CLOSE',
    'UND_ERR_SOCKET',
  ],
  unreachable: ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  skew: ['RequestTimeTooSkewed', 'RequestInTheFuture'],
  expired: ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'],
  credentials: [
    'AuthFailure',
    'InvalidClientTokenId',
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    'UnrecognizedClientException',
    'MissingAuthenticationToken',
    'IncompleteSignature',
    'CredentialsProviderError',
  ],
  denied: [
    'UnauthorizedOperation',
    'AccessDenied',
    'AccessDeniedException',
    'OptInRequired',
    'Blocked',
    'PendingVerification',
  ],
  busy: [
    'DependencyViolation',
    'InvalidGroup.InUse',
    'InvalidSnapshot.InUse',
    'VolumeInUse',
    'IncorrectState',
    'IncorrectInstanceState',
    'IncorrectSpotRequestState',
    'DeleteConflict',
    'ConcurrentModification',
    'ResourceInUse',
  ],
  capacity: [
    'InsufficientInstanceCapacity',
    'InsufficientHostCapacity',
    'InsufficientReservedInstanceCapacity',
    'InsufficientCapacity',
    'InsufficientFreeAddressesInSubnet',
    'SpotMaxPriceTooLow',
    'UnfulfillableCapacity',
    'Unsupported',
  ],
  quota: [
    'InstanceLimitExceeded',
    'VcpuLimitExceeded',
    'MaxSpotInstanceCountExceeded',
    'VolumeLimitExceeded',
    'SnapshotLimitExceeded',
    'ResourceCountExceeded',
    'ResourceLimitExceeded',
    'SecurityGroupLimitExceeded',
    'LimitExceeded',
  ],
  'dry-run': ['DryRunOperation'],
};

const BY_CODE: ReadonlyMap<string, FailureKind> = new Map(
  Object.entries(KINDS).flatMap(([kind, codes]) => codes.map(code => [code, kind as FailureKind] as const)),
);

/** The kind of a failure by its code and HTTP status (0 when there was no answer). */
export function kindOf(code: string, status: number): FailureKind {
  const known = BY_CODE.get(code.replace(/^(Client|Server)\./, ''));
  if (known) return known;
  if (
    /\.NotFound$|NotFound(Exception)?$|^NoSuch(Entity|Bucket|Key|Upload)|^InvalidAMIID\.Unavailable$|\.Unknown$/.test(
      code,
    )
  )
    return 'not-found';
  if (/Duplicate|AlreadyExists/.test(code)) return 'duplicate';
  if (status === 429) return 'throttling';
  if (status >= 500) return 'transient';
  return 'final';
}
