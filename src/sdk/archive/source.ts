import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { describeFileError, KilnError } from '../errors.ts';

/** Bytes on their way into an archive. */
export type Bytes = AsyncIterable<Buffer>;

/** A member of an archive: a file, or bytes at hand. */
export interface Entry {
  readonly name: string;
  readonly from:
    | {
        readonly path: string;
        readonly size: number;
        readonly mode: number;
        readonly uid: number;
        readonly gid: number;
      }
    | { readonly content: Buffer };
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Told the number of bytes of each piece read. */
  readonly read?: (bytes: number) => void;
}

const READ_SIZE = 256 * 1024;

/** The state of an input file. Throws KilnError when there is none or it is no regular file. */
export async function inputStats(path: string): Promise<Stats> {
  const { stat } = await import('node:fs/promises');
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    throw new KilnError(`the input file ${describeFileError(path, error)}`, { cause: error });
  }
  if (stats.isDirectory()) throw new KilnError(`the input "${path}" is a folder; only files can be taken`);
  if (!stats.isFile()) throw new KilnError(`the input "${path}" is not a regular file`);
  return stats;
}

/**
 * The first `size` bytes of a file, in pieces. A file that grows meanwhile is cut there, as an archive announces sizes
 * beforehand; one that shrinks is an error.
 */
export async function* fileBytes(path: string, size: number, options: ReadOptions): AsyncGenerator<Buffer> {
  let left = size;
  try {
    const file = await open(path);
    try {
      while (left > 0) {
        options.signal.throwIfAborted();
        const buffer = Buffer.allocUnsafe(Math.min(READ_SIZE, left));
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) throw new KilnError(`the input file "${path}" became shorter while it was being read`);
        left -= bytesRead;
        options.read?.(bytesRead);
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof KilnError) throw error;
    throw new KilnError(`the input file ${describeFileError(path, error)}`, { cause: error });
  }
}
