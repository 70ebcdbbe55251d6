import { readFile } from 'node:fs/promises';
import { describeFileError, KilnError, messageOf, systemCode } from '../../src/sdk/errors.ts';
import { withFileLock } from '../../src/sdk/file-lock.ts';
import { followLinks, removeLeftovers, replaceFile } from '../../src/sdk/replace-file.ts';
import { type ManifestBuild, type ManifestDocument, parseManifest, printManifest, withBuild } from './document.ts';

export interface ManifestRun {
  readonly force: boolean;
  readonly runUuid: string;
  readonly signal: AbortSignal;
}

/**
 * Adds a build to the manifest at `path`: under a lock, so that builds finishing together lose nothing, and by replacing
 * the file, so that readers and a killed kiln never leave half a document. Throws KilnError; the old file then stays.
 */
export async function addToManifest(path: string, build: ManifestBuild, run: ManifestRun): Promise<void> {
  const target = await followLinks(path).catch(error => {
    throw failure(path, describeFileError(path, error), error);
  });
  try {
    await withFileLock(`${target}.lock`, { signal: run.signal }, async () => {
      const text = printManifest(withBuild(await readManifest(path), build, run));
      await removeLeftovers(path);
      await replaceFile(path, file => file.writeFile(text), { mode: 0o664 });
    });
  } catch (error) {
    run.signal.throwIfAborted();
    throw failure(path, messageOf(error), error);
  }
}

async function readManifest(path: string): Promise<ManifestDocument> {
  let text = '';
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw new KilnError(describeFileError(path, error), { cause: error });
  }
  try {
    return parseManifest(text);
  } catch (error) {
    throw new KilnError(`what is there is not a manifest (${messageOf(error)})`, {
      hint: `move "${path}" away, or name another file as "output"`,
      cause: error,
    });
  }
}

function failure(path: string, why: string, cause: unknown): KilnError {
  const hint = cause instanceof KilnError ? cause.hint : undefined;
  return new KilnError(`the manifest "${path}" was not written and is as it was before: ${why}`, {
    cause,
    code: 'manifest-not-written',
    ...(hint && { hint }),
  });
}
