import { constants, type Stats } from 'node:fs';
import { chmod, chown, utimes } from 'node:fs/promises';
import type { Attributes, FileEntry } from 'ssh2';
import { GuestFileError, type GuestFiles, WRITE } from '../guest/files.ts';

/** A file's attributes as SFTP has them. */
export function attributesOf(stats: Stats): Attributes {
  return {
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atime: Math.floor(stats.atimeMs / 1000),
    mtime: Math.floor(stats.mtimeMs / 1000),
  };
}

/** Sets what is given, each as the system call would allow it to the user. */
export async function setAttributes(
  files: GuestFiles,
  node: string,
  stats: Stats,
  wanted: Partial<Attributes>,
): Promise<void> {
  const { uid, gid, groups } = files.identity;
  const owns = uid === 0 || stats.uid === uid;
  if (wanted.uid !== undefined && wanted.gid !== undefined) {
    const allowed =
      uid === 0 || (owns && wanted.uid === stats.uid && (wanted.gid === gid || groups.includes(wanted.gid)));
    if (!allowed) throw new GuestFileError('EPERM');
    await chown(node, wanted.uid, wanted.gid);
  }
  if (wanted.mode !== undefined) {
    if (!owns) throw new GuestFileError('EPERM');
    await chmod(node, wanted.mode & 0o7777);
  }
  if (wanted.atime !== undefined && wanted.mtime !== undefined) {
    if (!owns) throw new GuestFileError('EPERM');
    await utimes(node, wanted.atime, wanted.mtime);
  }
}

/** Sets mode, owner and times of what a path leads to. */
export async function changeAttributes(files: GuestFiles, path: string, wanted: Partial<Attributes>): Promise<void> {
  await files.at(path, true, async place => {
    if (!place.stats || place.node === undefined) throw new GuestFileError('ENOENT');
    await setAttributes(files, place.node, place.stats, wanted);
    if (wanted.size === undefined) return;
    if (!files.allows(place.stats, WRITE)) throw new GuestFileError('EACCES');
    const handle = await files.open(path, constants.O_WRONLY);
    await handle.truncate(wanted.size).finally(() => handle.close());
  });
}

/** An entry of which only the name matters. */
export function plainName(path: string): FileEntry {
  return { filename: path, longname: path, attrs: { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 } };
}

/** Entries of a folder as `ls -l` shows them; those that vanished meanwhile are left out. */
export async function describe(files: GuestFiles, folder: string, names: readonly string[]): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for (const name of names) {
    const stats = await files.at(`${folder}/${name}`, false, async place => place.stats).catch(() => undefined);
    if (!stats) continue;
    const kind = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-';
    const bits = [6, 3, 0].map(shift => {
      const three = (stats.mode >> shift) & 7;
      return `${three & 4 ? 'r' : '-'}${three & 2 ? 'w' : '-'}${three & 1 ? 'x' : '-'}`;
    });
    const date = stats.mtime.toISOString().slice(0, 10);
    const longname = `${kind}${bits.join('')} ${stats.nlink} ${stats.uid} ${stats.gid} ${stats.size} ${date} ${name}`;
    entries.push({ filename: name, longname, attrs: attributesOf(stats) });
  }
  return entries;
}
