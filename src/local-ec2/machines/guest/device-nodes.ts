import { constants } from 'node:fs';
import { lstat, open, readFile, rm, stat, symlink } from 'node:fs/promises';
import { KilnError } from '../../../sdk/errors.ts';
import type { AttachedDisk } from '../disks.ts';
import { mustRun } from '../system.ts';
import type { Entrance } from './enter.ts';
import { O_PATH } from './places.ts';

/** A running machine, by the way in and by the number of its init on this host. */
interface Inside {
  readonly entrance: Entrance;
  readonly pid: number;
}

/**
 * Shows a block device to a running machine. Its /dev lets nobody open device nodes, so a node is made there, bound over
 * itself and only then, when nobody inside can put another in its place, opened to use.
 */
export async function addDeviceNode(inside: Inside, disk: AttachedDisk): Promise<void> {
  const path = `/dev/${disk.name}`;
  const outside = outsideOf(inside, path);
  const what = `the disk ${path} could not be shown to the machine`;
  if (await lstat(outside).catch(() => undefined)) throw new KilnError(`${what}: the machine has a ${path} already`);
  const { rdev } = await stat(disk.loop);
  const [major, minor] = [(rdev >> 8) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)];
  await mustRun(what, 'mknod', ['--mode=660', '--', outside, 'b', String(major), String(minor)]);
  try {
    await must(inside, what, 'mount', ['--bind', path, path]);
    await checkBound(inside, path, rdev, what);
    await must(inside, what, 'mount', ['-o', 'remount,bind,dev,nosuid,noexec', path]);
  } catch (error) {
    await removeDeviceNode(inside, disk);
    throw error;
  }
  const alias = aliasOf(disk.name);
  if (alias) await symlink(disk.name, outsideOf(inside, `/dev/${alias}`)).catch(() => {});
}

/** Takes a block device out of a running machine's /dev; who has it open or mounted keeps it. */
export async function removeDeviceNode(inside: Inside, disk: AttachedDisk): Promise<void> {
  const path = `/dev/${disk.name}`;
  await inside.entrance.tool('umount', ['-l', path]);
  await rm(outsideOf(inside, path), { force: true });
  const alias = aliasOf(disk.name);
  if (alias) await rm(outsideOf(inside, `/dev/${alias}`), { force: true });
}

/** /dev is a mount of kiln's, which nobody inside can move or replace: the last step alone could lead astray. */
function outsideOf({ pid }: Inside, path: string): string {
  return `/proc/${pid}/root${path}`;
}

/** EC2 says sdf where Xen's kernel says xvdf. */
function aliasOf(name: string): string | undefined {
  if (/^sd[a-z]/.test(name)) return name.replace(/^sd/, 'xvd');
  return /^xvd[a-z]/.test(name) ? name.replace(/^xvd/, 'sd') : undefined;
}

/** What is mounted there must be that very device: from now on nothing else can take its place. */
async function checkBound(inside: Inside, path: string, rdev: number, what: string): Promise<void> {
  const mounts = await readFile(`/proc/${inside.pid}/mountinfo`, 'utf8');
  const bound = mounts.split('\n').some(line => {
    const [, , , root, point] = line.split(' ');
    return point === path && root === path.slice('/dev'.length);
  });
  const handle = await open(outsideOf(inside, path), O_PATH | constants.O_NOFOLLOW);
  try {
    const found = await handle.stat();
    if (bound && found.isBlockDevice() && found.rdev === rdev) return;
  } finally {
    await handle.close();
  }
  throw new KilnError(`${what}: the machine put something else in its place`);
}

async function must(inside: Inside, what: string, tool: 'mount', args: readonly string[]): Promise<void> {
  const { code, stderr } = await inside.entrance.tool(tool, args);
  if (code !== 0) throw new KilnError(`${what}: ${stderr.trim() || `${tool} ended with code ${code}`}`);
}
