import { Readable } from 'node:stream';
import type { Archiver, EntryData } from 'archiver';
import { type Bytes, fileBytes, type ReadOptions } from './source.ts';

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

/**
 * Feeds the entries to an archiver one after the other and yields what it writes. Errors of either side end both.
 * `describe` gives the archiver's own data about an entry.
 */
export async function* archived(
  archive: Archiver,
  entries: readonly Entry[],
  describe: (entry: Entry) => EntryData,
  options: ReadOptions,
): AsyncGenerator<Buffer> {
  const feeding = feed(archive, entries, describe, options).catch(error => archive.destroy(error));
  try {
    for await (const chunk of archive as AsyncIterable<Buffer>) yield chunk;
  } finally {
    archive.destroy();
    await feeding;
  }
}

async function feed(
  archive: Archiver,
  entries: readonly Entry[],
  describe: (entry: Entry) => EntryData,
  options: ReadOptions,
): Promise<void> {
  for (const entry of entries) {
    options.signal.throwIfAborted();
    const { from } = entry;
    const source: Bytes = 'content' in from ? Readable.from([from.content]) : fileBytes(from.path, from.size, options);
    await append(archive, Readable.from(source, { objectMode: false }), describe(entry));
  }
  await archive.finalize();
}

function append(archive: Archiver, source: Readable, data: EntryData): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      archive.off('entry', done);
      archive.off('close', closed);
      if (error) {
        source.destroy();
        reject(error);
      } else resolve();
    };
    const done = (): void => settle();
    const closed = (): void => settle(new Error('the archive was closed'));
    archive.on('entry', done);
    archive.on('close', closed);
    // The archiver itself never looks at errors of what it reads.
    source.on('error', settle);
    archive.append(source, data);
  });
}
