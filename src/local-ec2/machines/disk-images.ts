import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KilnError } from '../../sdk/errors.ts';
import { type DiskImage, HOST_LAYER, type LayerId } from './contract.ts';
import { copyImage, untilFree } from './disks.ts';
import { type Extent, partitions, writeOnePartition } from './partition-table.ts';
import { checkedId, type StorePaths } from './paths.ts';
import { processRef } from './processes.ts';
import { findTool, lastLines, mustRun, removeTree, runTool } from './system.ts';
import type { Volumes } from './volumes.ts';

const GIB = 1024 ** 3;
const NO_ROOT = 3;
/** How long a disk that was taken away may take to be written to the end, in milliseconds. */
const SETTLE = 60_000;

/**
 * Mounts a file system of the image in a mount namespace of its own and copies it when it is a root file system. The
 * loop device is writable, so that a journal left by a machine that was cut off can be replayed; the mount is not.
 */
const UNPACK_SCRIPT = `set -eu
loop=$(losetup --find --show --offset "$2" --sizelimit "$3" -- "$1")
trap 'losetup --detach "$loop"' EXIT
mount -o ro,nodev,nosuid,noexec -- "$loop" "$4" 2>/dev/null || exit ${NO_ROOT}
status=${NO_ROOT}
for shell in bin/sh usr/bin/sh; do
  if [ -e "$4/$shell" ] || [ -L "$4/$shell" ]; then status=0; fi
done
if [ $status = 0 ]; then cp -a -x -- "$4/." "$5" || status=1; fi
umount "$4"
exit $status
`;

/** Shows the layers as one tree, in a mount namespace of its own, and makes a file system of it. */
const PACK_SCRIPT = `set -eu
cd "$1"
mount -t overlay -o "ro,lowerdir=$2" kiln "$3"
exec mke2fs -q -F -t ext4 -m 1 -d "$3" -E "offset=$5,root_owner=0:0" -- "$4" "$6k"
`;

/** Copies what a volume's disk holds. Its file systems must be written out, or be at rest. */
export async function freezeDisk(paths: StorePaths, volumeId: string, live: boolean): Promise<DiskImage> {
  const from = paths.disk(volumeId);
  if (!live) await untilFree(from, SETTLE);
  const imageFile = newImageName();
  const target = join(paths.disks, imageFile);
  const draft = `${target}.${process.pid}.new`;
  try {
    await copyImage(`the disk of volume ${volumeId} could not be copied`, from, draft);
    await mustRun('the disk image could not be written to disk', 'sync', ['--', draft]);
    await mustRun('the disk image could not be kept', 'mv', ['--', draft, target]);
  } finally {
    await rm(draft, { force: true });
  }
  return { imageFile, bytes: await diskSpace(target) };
}

export async function deleteImage(paths: StorePaths, imageFile: string): Promise<void> {
  await rm(join(paths.disks, checkedId(imageFile)), { force: true });
}

/**
 * Unpacks the first root file system of a disk image (the whole disk, or one of its partitions) into a layer. Its
 * kernel and boot loader are files like others: machines run on this host's kernel.
 */
export async function unpackDisk(
  paths: StorePaths,
  volumes: Volumes,
  imageFile: string | undefined,
): Promise<{ layer: LayerId; bytes: number }> {
  if (imageFile === undefined) throw noRoot('it is empty');
  const path = join(paths.disks, checkedId(imageFile));
  const draft = await volumes.draft();
  const mount = join(paths.layers, `mount-${randomBytes(9).toString('hex')}.${process.pid}.new`);
  await mkdir(mount, { mode: 0o700 });
  try {
    for (const { offset, length } of await extents(path)) {
      const args = [path, String(offset), String(length), mount, draft.folder];
      const result = await inNamespace(UNPACK_SCRIPT, args);
      if (result.code === NO_ROOT) continue;
      if (result.code !== 0) throw new KilnError(`the disk could not be unpacked: ${lastLines(result.stderr)}`);
      await removeTree(join(draft.folder, 'lost+found'));
      return await draft.adopt();
    }
    throw noRoot('no file system on it that this kernel can read has a bin/sh');
  } catch (error) {
    await removeTree(draft.folder);
    throw error;
  } finally {
    await removeTree(mount);
  }
}

function noRoot(reason: string): KilnError {
  return new KilnError(`the disk cannot be started from: ${reason}`, {
    hint: 'the root file system must be on the disk itself or on one of its partitions (ext4, xfs, btrfs ...)',
    code: 'no-root-file-system',
  });
}

/** Where on the disk a file system may be: without a partition table everywhere, else in the partitions. */
async function extents(path: string): Promise<Extent[]> {
  const disk = await open(path, 'r');
  try {
    const found = await partitions(disk);
    return found.length > 0 ? found : [{ offset: 0, length: (await disk.stat()).size }];
  } finally {
    await disk.close();
  }
}

/** Makes a disk image of a chain of layers: one partition, with an ext4 file system that holds the tree. */
export async function packLayers(paths: StorePaths, layers: readonly LayerId[], sizeGiB: number): Promise<DiskImage> {
  if (layers.includes(HOST_LAYER)) {
    throw new KilnError("a stand-in for a public image has this host's own tree, which is not made a disk of", {
      hint: 'import a base image with "kiln local import" and start from that',
      code: 'no-disk-image',
    });
  }
  if (!(await findTool('mke2fs'))) {
    throw new KilnError('the program "mke2fs" is not installed on this host', {
      hint: 'install it (Debian, Ubuntu: package e2fsprogs)',
      code: 'missing-tool',
    });
  }
  await mkdir(paths.disks, { recursive: true, mode: 0o700 });
  const imageFile = newImageName();
  const target = join(paths.disks, imageFile);
  const draft = `${target}.${process.pid}.new`;
  const tree = `${target}-tree.${process.pid}.new`;
  await mkdir(tree, { mode: 0o700 });
  try {
    const { offset, length } = await blankDisk(draft, sizeGiB * GIB);
    // overlayfs wants two lower folders at least when there is no upper one.
    const lower = [...[...layers].reverse().map(layer => `layers/${checkedId(layer)}`), await emptyFolder(paths)];
    const args = [paths.root, lower.join(':'), tree, draft, String(offset), String(Math.floor(length / 1024))];
    const result = await inNamespace(PACK_SCRIPT, args);
    if (result.code !== 0) throw new KilnError(`the image could not be made a disk: ${lastLines(result.stderr)}`);
    await mustRun('the disk image could not be kept', 'mv', ['--', draft, target]);
  } finally {
    await removeTree(tree);
    await rm(draft, { force: true });
  }
  return { imageFile, bytes: await diskSpace(target) };
}

async function blankDisk(path: string, bytes: number): Promise<Extent> {
  const disk = await open(path, 'wx', 0o600);
  try {
    await disk.truncate(bytes);
    return await writeOnePartition(disk, bytes);
  } finally {
    await disk.close();
  }
}

async function emptyFolder(paths: StorePaths): Promise<string> {
  await mkdir(join(paths.root, 'empty'), { recursive: true, mode: 0o755 });
  return 'empty';
}

/** Removes what killed processes left half made. */
export async function sweepImages(paths: StorePaths): Promise<void> {
  for (const name of await readdir(paths.disks).catch(() => [])) {
    const maker = /\.(\d+)\.new$/.exec(name)?.[1];
    if (maker !== undefined && !(await processRef(Number(maker)))) await removeTree(join(paths.disks, name));
  }
}

function inNamespace(script: string, args: readonly string[]): ReturnType<typeof runTool> {
  const unshare = ['--mount', '--propagation', 'private', '--', 'sh', '-c', script, 'kiln', ...args];
  return runTool('unshare', unshare);
}

function newImageName(): string {
  return `image-${randomBytes(9).toString('hex')}.img`;
}

async function diskSpace(path: string): Promise<number> {
  return (await stat(path)).blocks * 512;
}
