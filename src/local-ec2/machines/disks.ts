import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KilnError } from '../../sdk/errors.ts';
import type { DiskSpec } from './contract.ts';
import { checkedId, type StorePaths } from './paths.ts';
import { findTool, mustRun } from './system.ts';

/** A disk as a machine gets it: a loop device over a sparse file, held open. */
export interface AttachedDisk {
  /** Name in the machine's /dev. */
  readonly name: string;
  readonly loop: string;
  readonly handle: FileHandle;
}

const GIB = 1024 ** 3;

/**
 * Attaches the disks. Each loop device is told to free itself when the last one who has it open is gone: that is the
 * machine, however it ends.
 */
export async function attachDisks(paths: StorePaths, disks: readonly DiskSpec[]): Promise<AttachedDisk[]> {
  const attached: AttachedDisk[] = [];
  try {
    for (const disk of disks) attached.push(await attach(paths, disk));
    return attached;
  } catch (error) {
    await releaseDisks(attached);
    throw error;
  }
}

/** Lets go of our side; the machine's own hold remains. */
export async function releaseDisks(disks: readonly AttachedDisk[]): Promise<void> {
  await Promise.all(disks.map(disk => disk.handle.close()));
}

async function attach(paths: StorePaths, disk: DiskSpec): Promise<AttachedDisk> {
  const name = basename(disk.device);
  if (!/^[a-z][a-z0-9]{1,30}$/.test(name))
    throw new KilnError(`"${disk.device}" cannot name a disk of a local machine`, {
      hint: 'use a name such as /dev/sdf',
    });
  if (!(await findTool('losetup')))
    throw new KilnError(`the disk ${disk.device} needs the program "losetup", which is not installed on this host`, {
      hint: 'install it (Debian, Ubuntu: package mount)',
      code: 'missing-tool',
    });
  const path = await prepareFile(paths, disk);
  const loop = (
    await mustRun(`the disk ${disk.device} could not be attached`, 'losetup', ['--find', '--show', '--', path])
  ).trim();
  try {
    const handle = await open(loop, 'r+');
    return { name, loop, handle };
  } finally {
    await mustRun(`the disk ${disk.device} could not be attached`, 'losetup', ['--detach', loop]);
  }
}

/** The disk's file, made at first use: from its image, or of zeroes; never smaller than asked for. */
async function prepareFile(paths: StorePaths, disk: DiskSpec): Promise<string> {
  const path = paths.disk(disk.volumeId);
  await mkdir(paths.disks, { recursive: true, mode: 0o700 });
  if (!(await stat(path).catch(() => undefined)) && disk.imageFile !== undefined) {
    const from = join(paths.disks, checkedId(disk.imageFile));
    const args = ['--sparse=always', '--reflink=auto', '--', from, path];
    await mustRun(`the disk ${disk.device} could not be copied from its snapshot`, 'cp', args);
  }
  const file = await open(path, 'a', 0o600);
  try {
    const size = disk.sizeGiB * GIB;
    if ((await file.stat()).size < size) await file.truncate(size);
  } finally {
    await file.close();
  }
  return path;
}
