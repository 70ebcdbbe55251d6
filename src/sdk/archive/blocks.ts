import { availableParallelism } from 'node:os';
import type { Bytes } from './source.ts';

/** Cuts a stream into blocks of exactly `size` bytes; the last one may be shorter. */
export async function* inBlocks(source: Bytes, size: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let held = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (held + rest.length >= size) {
      const cut = size - held;
      yield Buffer.concat([...parts, rest.subarray(0, cut)], size);
      rest = rest.subarray(cut);
      parts = [];
      held = 0;
    }
    if (rest.length > 0) {
      // Copied: callers may reuse the memory that a slice would keep alive.
      parts.push(Buffer.from(rest));
      held += rest.length;
    }
  }
  if (held > 0) yield Buffer.concat(parts, held);
}

/** How many blocks are worked on at once: zlib's work runs on libuv's threads, four unless told otherwise. */
export function parallelBlocks(): number {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) || 4;
  return Math.max(1, Math.min(threads, availableParallelism()));
}

/**
 * Applies `work` to the items of a stream, `limit` at a time, and yields the results in the order of the items. At most
 * `limit` + 1 items are in memory. Leaving early waits for nothing; work under way ends unheard.
 */
export async function* inOrder<T, R>(
  source: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of source) {
    const result = work(item);
    // Whoever comes to it still sees the failure; this only keeps it from counting as unhandled until then.
    result.catch(() => {});
    underWay.push(result);
    if (underWay.length > limit) yield await (underWay.shift() as Promise<R>);
  }
  for (const result of underWay) yield await result;
}
