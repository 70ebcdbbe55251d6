import { Readable } from 'node:stream';
import type { ZipArchive, ZipEntryData } from 'archiver';
import { type Bytes, type Entry, fileBytes, type ReadOptions } from './source.ts';

/** Sizes from which the 64-bit form of the format is needed. */
const ZIP64_SIZE = 2 ** 32 - 1;

/** A zip stream of the entries, in order, each deflated; times are the format's earliest, 1980. */
export async function* zip(entries: readonly Entry[], options: ReadOptions): AsyncGenerator<Buffer> {
  const archiver = await import('archiver');
  const sizes = entries.map(({ from }) => ('content' in from ? from.content.length : from.size));
  const archive = new archiver.ZipArchive({
    forceZip64: sizes.some(size => size >= ZIP64_SIZE),
    zlib: { level: 6, chunkSize: 256 * 1024 },
  });
  // Its streams go on telling errors after nobody listens any more; the first one is thrown below.
  archive.on('error', () => {});
  let failure: unknown;
  const feeding = feed(archive, entries, options).catch(error => {
    failure ??= error;
    archive.destroy();
  });
  try {
    for await (const chunk of archive as AsyncIterable<Buffer>) yield chunk;
    await feeding;
    if (failure !== undefined) throw failure;
  } catch (error) {
    throw failure ?? error;
  } finally {
    archive.destroy();
    await feeding;
  }
}

/** Hands the entries over one after the other, so that only one file is open at a time. */
async function feed(archive: ZipArchive, entries: readonly Entry[], options: ReadOptions): Promise<void> {
  for (const { name, from } of entries) {
    options.signal.throwIfAborted();
    const bytes: Bytes | readonly Buffer[] =
      'content' in from ? [from.content] : fileBytes(from.path, from.size, options);
    const mode = 'content' in from ? 0o644 : from.mode & 0o7777;
    await append(archive, Readable.from(bytes, { objectMode: false }), { name, date: new Date(0), mode });
  }
  await archive.finalize();
}

function append(archive: ZipArchive, source: Readable, data: ZipEntryData): Promise<void> {
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
