import { KilnError } from '../errors.ts';

/** Code of an error that says the machine could not be talked to; doing the same again may work. */
const CONNECTION_FAILURE = 'connection-failure';

/** The connection is gone, could not be made, or refused to open a channel. */
export function connectionFailure(message: string, extra: { hint?: string; cause?: unknown } = {}): KilnError {
  return new KilnError(message, { ...extra, code: CONNECTION_FAILURE });
}

/** Whether trying again may help: true for lost connections, false for refused permissions, full disks and the like. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === CONNECTION_FAILURE;
}
