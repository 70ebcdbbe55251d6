import { setTimeout as delay } from 'node:timers/promises';

/** Waits, unless the signal is or becomes aborted: then throws its reason. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await delay(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Runs `body` with a signal that follows `parent` and is also aborted, with `reason()`, after `milliseconds`.
 * The listener on the parent goes with the call, so long-lived parents gather none.
 */
export async function withDeadline<T>(
  milliseconds: number,
  parent: AbortSignal | undefined,
  reason: () => Error,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  parent?.addEventListener('abort', follow, { once: true });
  const timer = setTimeout(() => controller.abort(reason()), milliseconds);
  try {
    return await body(controller.signal);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener('abort', follow);
  }
}

/** Settles with `promise`, or rejects with the signal's reason as soon as it is aborted; the promise goes on unheard. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    signal.throwIfAborted();
  }
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

/** Runs the tasks with at most `limit` under way at once (0 or less: no limit); results keep the order. Never rejects early. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T, index: number) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = new Array(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index] as T;
      [results[index]] = (await Promise.allSettled([task(item, index)])) as [PromiseSettledResult<R>];
    }
  };
  const count = limit < 1 ? items.length : Math.min(limit, items.length);
  await Promise.all(Array.from({ length: count }, worker));
  return results;
}
