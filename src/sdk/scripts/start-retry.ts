import { sleep } from '../async.ts';
import { isConnectionFailure } from './connection-failure.ts';

/** Packer tries every two seconds; kiln starts sooner, for machines that are back at once. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 2000;

/** start_retry_timeout when it is not set. */
export const DEFAULT_START_RETRY = 5 * 60_000;

/**
 * Repeats `body` while it fails for want of a connection, until `timeout` milliseconds are over; the last failure is
 * thrown then. Other failures would only repeat themselves and are thrown at once.
 */
export async function retryStart<T>(timeout: number, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  const end = performance.now() + timeout;
  for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      return await body();
    } catch (error) {
      signal.throwIfAborted();
      // Packer looks at the clock between attempts only, so the last one may end late.
      if (!isConnectionFailure(error) || performance.now() >= end) throw error;
      await sleep(Math.min(wait, Math.max(0, end - performance.now())), signal);
    }
  }
}
