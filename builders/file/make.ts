import { constants } from 'node:fs';
import { fileBytes, inputStats } from '../../src/sdk/archive/source.ts';
import { writeAll } from '../../src/sdk/archive/write.ts';
import { makeParentFolder } from '../../src/sdk/artifact-files.ts';
import { replaceFile } from '../../src/sdk/replace-file.ts';
import type { FileOptions } from './schema.ts';

/** Written text is private to its owner, as it may hold anything; a copy gets the usual bits. */
const CONTENT_MODE = constants.S_IRUSR | constants.S_IWUSR;
const COPY_MODE = 0o666;

/** Writes or copies the file, whole or not at all. Throws KilnError. */
export async function makeFile(options: FileOptions, signal: AbortSignal): Promise<void> {
  const { source, target } = options;
  const size = source ? (await inputStats(source)).size : 0;
  await makeParentFolder(target);
  await replaceFile(
    target,
    file =>
      source ? writeAll(file, fileBytes(source, size, { signal }), signal) : file.writeFile(options.content ?? ''),
    { mode: source ? COPY_MODE : CONTENT_MODE },
  );
}
