import { archived, type Entry } from './entries.ts';
import type { ReadOptions } from './source.ts';

/** Sizes from which the 64-bit form of the format is needed. */
const ZIP64_SIZE = 2 ** 32 - 1;

/** A zip stream of the entries, in order, each deflated; times are the format's earliest, 1980. */
export async function* zip(entries: readonly Entry[], options: ReadOptions): AsyncGenerator<Buffer> {
  const { ZipArchive } = await import('archiver');
  const sizes = entries.map(({ from }) => ('content' in from ? from.content.length : from.size));
  const archive = new ZipArchive({
    forceZip64: sizes.some(size => size >= ZIP64_SIZE),
    zlib: { level: 6, chunkSize: 256 * 1024 },
  });
  yield* archived(
    archive,
    entries,
    ({ name, from }) => ({ name, date: new Date(0), mode: 'content' in from ? 0o644 : from.mode & 0o7777 }),
    options,
  );
}
