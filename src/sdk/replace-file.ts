import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { describeFileError, KilnError, systemCode } from './errors.ts';
import { ownerIsDead, ownerTag } from './process-identity.ts';

export interface ReplaceFileOptions {
  /** Permission bits of a new file, before the umask; 0666 when not given. An existing file keeps its own. */
  readonly mode?: number;
}

/**
 * Writes a file whole or not at all: into a temporary file of the same folder, which takes the target's place once
 * everything is on the disk. When `write` throws, the old file is as it was. Symbolic links are followed.
 * Throws KilnError for what the file system refuses; errors of `write` that are no file errors pass as they are.
 */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  options: ReplaceFileOptions = {},
): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await followLinks(path);
    const old = await existingFile(path, target);
    await removeLeftovers(target);
    const place = join(dirname(target), `${temporaryPrefix(target)}${ownerTag()}-${randomUUID().slice(0, 8)}`);
    const file = await open(place, 'wx', old ? 0o600 : (options.mode ?? 0o666));
    temporary = place;
    try {
      await write(file);
      if (old) await keepAttributes(file, old);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    temporary = undefined;
    await syncFolder(dirname(target));
  } catch (error) {
    if (temporary) await rm(temporary, { force: true }).catch(() => {});
    if (systemCode(error) === undefined || error instanceof KilnError || !isFileError(error)) throw error;
    throw new KilnError(describeFileError(path, error), { cause: error, code: 'not-written' });
  }
}

/** The path that a write to `path` really reaches, the last link included even when it leads nowhere yet. */
export async function followLinks(path: string): Promise<string> {
  let at = resolve(path);
  for (let hops = 0; hops < 40; hops++) {
    const folder = await realpath(dirname(at));
    at = join(folder, basename(at));
    const link = await readlinkOrNothing(at);
    if (link === undefined) return at;
    at = resolve(folder, link);
  }
  throw new KilnError(`"${path}" is a loop of symbolic links`);
}

async function readlinkOrNothing(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
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

/** Makes the rename itself durable; file systems that cannot are forgiven. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // The content is on the disk already; only the name could be lost by a power cut.
  }
}

function temporaryPrefix(target: string): string {
  return `.${basename(target).slice(0, 60)}.kiln-`;
}

/** Removes temporary files of processes that were killed while they wrote the same target. */
async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target);
  const prefix = temporaryPrefix(target);
  for (const name of await readdir(folder)) {
    const tag = name.startsWith(prefix) ? /^(.*)-[0-9a-f]{8}$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (tag !== undefined && ownerIsDead(tag)) await rm(join(folder, name), { force: true });
  }
}

/** Told from errors of sockets and child processes by their system call. */
function isFileError(error: unknown): boolean {
  const call = (error as NodeJS.ErrnoException).syscall;
  return call !== undefined && !/^(connect|spawn|getaddrinfo|kill)/.test(call);
}
