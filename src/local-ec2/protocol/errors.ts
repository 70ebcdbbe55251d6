/** HTTP statuses that EC2 gives to its error codes; all others are 400. Source: EC2 API reference, "Error codes". */
const STATUS: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  OptInRequired: 401,
  UnauthorizedOperation: 403,
  DryRunOperation: 412,
  InternalError: 500,
  InternalFailure: 500,
  InsufficientInstanceCapacity: 500,
  InsufficientCapacity: 500,
  InsufficientAddressCapacity: 500,
  InsufficientHostCapacity: 500,
  InsufficientReservedInstanceCapacity: 500,
  InsufficientVolumeCapacity: 500,
  RequestLimitExceeded: 503,
  ServerInternal: 500,
  Unavailable: 503,
  ServiceUnavailable: 503,
  SnapshotCreationPerVolumeRateExceeded: 503,
  // Security Token Service and IAM.
  InvalidClientTokenId: 403,
  SignatureDoesNotMatch: 403,
  AccessDenied: 403,
  NoSuchEntity: 404,
  EntityAlreadyExists: 409,
  DeleteConflict: 409,
};

/** An answer in AWS's own words. Thrown by actions, rendered by the server. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status ?? STATUS[code] ?? 400;
  }
}

export function missingParameter(name: string): ApiError {
  return new ApiError('MissingParameter', `The request must contain the parameter ${name}`);
}

export function invalidParameter(message: string): ApiError {
  return new ApiError('InvalidParameterValue', message);
}

export function invalidCombination(message: string): ApiError {
  return new ApiError('InvalidParameterCombination', message);
}
