import { type FileHandle, mkdir, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sleep } from '../../sdk/async.ts';
import { KilnError } from '../../sdk/errors.ts';
import type { DiskSpec } from './contract.ts';
import { checkedId, type StorePaths } from './paths.ts';
import { findTool, mustRun } from './system.ts';

/** A disk that somebody sees: a loop device over a sparse file, held open. */
export interface AttachedDisk {
  readonly volumeId: string;
  /** Name in /dev. */
  readonly name: string;
  readonly loop: string;
  readonly handle: FileHandle;
}

const GIB = 1024 ** 3;
const PAUSE = 100;

/** The disks of one machine, or of this host. Each frees itself when this process ends, however it does. */
export class DiskShelf {
  readonly #paths: StorePaths;
  readonly #disks = new Map<string, AttachedDisk>();

  constructor(paths: StorePaths) {
    this.#paths = paths;
  }

  get disks(): readonly AttachedDisk[] {
    return [...this.#disks.values()];
  }

  find(volumeId: string): AttachedDisk | undefined {
    return this.#disks.get(volumeId);
  }

  /** Makes a block device of a disk. @param partitions show its partitions too */
  async put(disk: DiskSpec, partitions = false): Promise<AttachedDisk> {
    const attached = await attach(this.#paths, disk, partitions);
    this.#disks.set(disk.volumeId, attached);
    return attached;
  }

  /** Lets go of a disk; resolves when nobody else has it open or mounted any more. */
  async release(volumeId: string): Promise<void> {
    const disk = this.#disks.get(volumeId);
    if (!disk) return;
    this.#disks.delete(volumeId);
    await disk.handle.close();
    await untilFree(this.#paths.disk(volumeId));
  }

  /** Lets go of all, without waiting. */
  async releaseAll(): Promise<void> {
    const disks = this.disks;
    this.#disks.clear();
    await Promise.all(disks.map(disk => disk.handle.close()));
  }

  /** Writes what file systems on the disk still hold back; false when it is not on this shelf. */
  async flush(volumeId: string): Promise<boolean> {
    const disk = this.#disks.get(volumeId);
    if (!disk) return false;
    // A file system on a partition holds back on its own.
    const name = basename(disk.loop);
    const parts = (await readdir(`/sys/block/${name}`)).filter(one => one.startsWith(name));
    for (const device of [...parts.map(one => `/dev/${one}`), disk.loop])
      await mustRun(`the disk ${disk.name} could not be written out`, 'blockdev', ['--flushbufs', device]);
    return true;
  }
}

/** Waits until no loop device stands on a file, for so many milliseconds at most. Throws a KilnError then. */
export async function untilFree(path: string, longest = Number.POSITIVE_INFINITY): Promise<void> {
  const real = await realpath(path).catch(() => path);
  for (let waited = 0; (await loopFiles()).includes(real); waited += PAUSE) {
    if (waited > longest) throw new KilnError(`the disk "${path}" is still in use`, { code: 'disk-in-use' });
    await sleep(PAUSE);
  }
}

/** The files under this host's loop devices. */
async function loopFiles(): Promise<string[]> {
  const names = (await readdir('/sys/block')).filter(name => name.startsWith('loop'));
  const files = await Promise.all(
    names.map(name => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')),
  );
  return files.map(file => file.trimEnd());
}

async function attach(paths: StorePaths, disk: DiskSpec, partitions: boolean): Promise<AttachedDisk> {
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
  const what = `the disk ${disk.device} could not be attached`;
  const flags = ['--find', '--show', ...(partitions ? ['--partscan'] : [])];
  const loop = (await mustRun(what, 'losetup', [...flags, '--', path])).trim();
  try {
    return { volumeId: disk.volumeId, name, loop, handle: await open(loop, 'r+') };
  } finally {
    // It stays as long as it is open.
    await mustRun(what, 'losetup', ['--detach', loop]);
  }
}

/** The disk's file, made at first use: from its image, or of zeroes; never smaller than asked for. */
async function prepareFile(paths: StorePaths, disk: DiskSpec): Promise<string> {
  const path = paths.disk(disk.volumeId);
  await mkdir(paths.disks, { recursive: true, mode: 0o700 });
  if (!(await stat(path).catch(() => undefined)) && disk.imageFile !== undefined) {
    const from = join(paths.disks, checkedId(disk.imageFile));
    await copyImage(`the disk ${disk.device} could not be copied from its snapshot`, from, path);
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

/** Copies a disk's file: holes stay holes, and where the file system can, nothing is copied at all. */
export async function copyImage(what: string, from: string, to: string): Promise<void> {
  await mustRun(what, 'cp', ['--sparse=always', '--reflink=auto', '--', from, to]);
}
