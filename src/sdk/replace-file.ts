import type { Stats } from 'node:fs';
import { type FileHandle, open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { describeFileError, KilnError, systemCode } from './errors.ts';
import { ownerIsDead, ownerTag } from './process-identity.ts';

/** Links followed before a path counts as a loop; what Linux allows. */
const MOST_LINKS = 40;

/** The absolute path a path leads to, through symbolic links, whether it exists or not. Throws the system's error. */
export async function followLinks(path: string): Promise<string> {
  let at = resolve(path);
  for (let hops = 0; hops < MOST_LINKS; hops++) {
    at = join(await realpath(dirname(at)), basename(at));
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
    const old = await existingFile(path, target);
    const temporary = join(
      dirname(target),
      `${temporaryPrefix(target)}${ownerTag()}.${Math.random().toString(36).slice(2, 10)}`,
    );
    try {
      // What is to get narrower permissions must not be readable by all in the meantime.
      const file = await open(temporary, 'wx', old ? 0o600 : (options.mode ?? 0o666));
      try {
        await write(file);
        if (old) await keepAttributes(file, old);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
    await syncFolder(dirname(target));
  } catch (error) {
    if (error instanceof KilnError || !isFileError(error)) throw error;
    throw new KilnError(describeFileError(path, error), { cause: error, code: 'write-failed' });
  }
}

/** Removes what processes left that were killed while they replaced this very file. Never throws. */
export async function removeLeftovers(path: string): Promise<void> {
  const target = await followLinks(path).catch(() => resolve(path));
  const prefix = temporaryPrefix(target);
  for (const name of await readdir(dirname(target)).catch(() => []))
    if (name.startsWith(prefix) && ownerIsDead(name.slice(prefix.length).replace(/\.\w+$/, '')))
      await rm(join(dirname(target), name), { force: true }).catch(() => {});
}

function temporaryPrefix(target: string): string {
  // Cut, as the whole name must stay below 255 bytes.
  return `.${basename(target).slice(0, 50)}.kiln-`;
}

async function existingFile(path: string, target: string): Promise<Stats | undefined> {
  const found = await stat(target).catch(error => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isDirectory()) throw new KilnError(`"${path}" is a folder, so no file can be written there`);
  // Renaming over a device would replace the device.
  if (found && !found.isFile()) throw new KilnError(`"${path}" is not a regular file, so it cannot be replaced`);
  return found;
}

async function keepAttributes(file: FileHandle, old: Stats): Promise<void> {
  const now = await file.stat();
  // Only root can give a file away; for others the file becomes theirs, as with any editor.
  if (now.uid !== old.uid || now.gid !== old.gid) await file.chown(old.uid, old.gid).catch(() => {});
  await file.chmod(old.mode & 0o7777);
}

/** The rename itself must survive a power cut; file systems that cannot flush folders are left alone. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Told from errors of child processes and sockets, whose system call is another. */
function isFileError(error: unknown): boolean {
  if (systemCode(error) === undefined) return false;
  return !/^(spawn|kill|connect|getaddrinfo)/.test((error as NodeJS.ErrnoException).syscall ?? '');
}
