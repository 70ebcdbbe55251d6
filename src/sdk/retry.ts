import { sleep } from './async.ts';

export interface RetryPolicy {
  /** Tries in all, the first included; Infinity while the deadline lasts. */
  readonly tries: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  /** Milliseconds after which no new try starts. */
  readonly within?: number;
  retryable(error: unknown): boolean;
  /** Told before each further wait. */
  onRetry?(error: unknown, delay: number): void;
}

/** Calls `body` until it succeeds; delays double from min to max. Throws the last error, or the signal's reason. */
export async function retry<T>(policy: RetryPolicy, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  const started = performance.now();
  let delay = policy.minDelay;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await body();
    } catch (error) {
      signal.throwIfAborted();
      const late = policy.within !== undefined && performance.now() - started + delay > policy.within;
      if (attempt >= policy.tries || late || !policy.retryable(error)) throw error;
      policy.onRetry?.(error, delay);
      await sleep(delay, signal);
      delay = Math.min(delay * 2, policy.maxDelay);
    }
  }
}
