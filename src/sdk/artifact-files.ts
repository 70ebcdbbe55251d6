import type { Artifact } from './artifact.ts';
import { describeFileError, KilnError } from './errors.ts';

/** An artifact that consists of local files; destroying it deletes them. */
export function fileArtifact(
  parts: Pick<Artifact, 'builderId' | 'id' | 'files' | 'description'> & Pick<Partial<Artifact>, 'buildData'>,
): Artifact {
  return { ...parts, destroy: signal => removeFiles(parts.files, signal) };
}

/** Deletes files; those that are gone already count as deleted. Throws KilnError naming each that could not be. */
export async function removeFiles(files: readonly string[], signal: AbortSignal): Promise<void> {
  const { rm } = await import('node:fs/promises');
  const failures: string[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    await rm(file, { force: true }).catch(error => failures.push(describeFileError(file, error)));
  }
  if (failures.length > 0) throw new KilnError(`not deleted: ${failures.join('; ')}`);
}

/** The artifact a post-processor works on. Throws KilnError when the element before it gave none. */
export function inputArtifact(artifact: Artifact | undefined, type: string): Artifact {
  if (artifact) return artifact;
  throw new KilnError(`the ${type} post-processor has nothing to work on: the step before it made no artifact`);
}

/** Makes the folder that is to hold `path`, with its parents (0755 before the umask). Throws KilnError. */
export async function makeParentFolder(path: string): Promise<void> {
  const [{ mkdir }, { dirname }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new KilnError(`the folder of "${path}" could not be made: ${describeFileError(dirname(path), error)}`, {
      cause: error,
    });
  }
}
