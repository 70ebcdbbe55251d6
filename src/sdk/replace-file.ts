import { type FileHandle, open, readlink, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { describeFileError, KilnError, systemCode } from './errors.ts';

/** Links followed before a path counts as a loop; what Linux allows. */
const MOST_LINKS = 40;

/** The file a path leads to, through symbolic links, whether it exists or not. Throws the system's error. */
export async function followLinks(path: string): Promise<string> {
  let at = path;
  for (let hops = 0; hops < MOST_LINKS; hops++) {
    let next: string;
    try {
      next = await readlink(at);
    } catch (error) {
      if (systemCode(error) === 'EINVAL' || systemCode(error) === 'ENOENT') return at;
      throw error;
    }
    at = resolve(dirname(at), next);
  }
  throw Object.assign(new Error(`too many symbolic links: ${path}`), { code: 'ELOOP' });
}

/**
 * Writes a file whole or not at all: into a new file beside it, flushed, then renamed over it. Keeps the permissions of
 * what it replaces (else `mode`, less the umask) and follows symbolic links. What `write` throws is passed on; failures
 * of the file system become a KilnError. In both cases the old content stands and nothing is left behind.
 */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<unknown>,
  options: { readonly mode?: number } = {},
): Promise<void> {
  try {
    const target = await followLinks(path);
    const temporary = join(
      dirname(target),
      `.${basename(target)}.${process.pid}.${Math.random().toString(36).slice(2, 8)}.tmp`,
    );
    const old = await stat(target).catch(() => undefined);
    try {
      const file = await open(temporary, 'wx', options.mode ?? 0o666);
      try {
        await write(file);
        if (old) await file.chmod(old.mode & 0o7777);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(target));
  } catch (error) {
    if (error instanceof KilnError || systemCode(error) === undefined) throw error;
    throw new KilnError(describeFileError(path, error), { cause: error, code: 'write-failed' });
  }
}

/** The rename itself must survive a power cut; file systems that cannot flush folders are left alone. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
