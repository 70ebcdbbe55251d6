import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../sdk/async.ts';
import { systemCode } from '../../sdk/errors.ts';

/** Where commands over SSH live, beside what the machine's init makes of its own part of the tree. */
export const COMMANDS_GROUP = 'ssh';

/**
 * Makes the control group of a machine below this process's own in the unified (v2) hierarchy; undefined where that
 * is not mounted or not writable, and then the machine does without systemd.
 */
export async function createCgroup(instanceId: string): Promise<string | undefined> {
  const path = await cgroupOf(instanceId);
  if (path === undefined) return undefined;
  try {
    await mkdir(join(path, COMMANDS_GROUP), { recursive: true });
    await access(join(path, 'cgroup.procs'), constants.W_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** Where a machine of this process has its control group, if it has one. */
export async function cgroupOf(instanceId: string): Promise<string | undefined> {
  const parent = await ownCgroup();
  return parent && join(parent, `kiln-${instanceId}`);
}

async function ownCgroup(): Promise<string | undefined> {
  const [own, mounts] = await Promise.all([
    readFile('/proc/self/cgroup', 'utf8'),
    readFile('/proc/self/mountinfo', 'utf8'),
  ]);
  const group = /^0::(.*)$/m.exec(own)?.[1];
  const mount = mounts
    .split('\n')
    .find(line => / - cgroup2 /.test(line))
    ?.split(' ');
  if (group === undefined || mount === undefined) return undefined;
  const [, , , shown = '/', at = ''] = mount;
  // The mount may show only a part of the tree; what lies outside it cannot be written.
  const below =
    shown === '/'
      ? group
      : group === shown
        ? '/'
        : group.startsWith(`${shown}/`)
          ? group.slice(shown.length)
          : undefined;
  return below === undefined ? undefined : join(at, below);
}

/** Stops (or lets go on) every process of the group. Does nothing where the kernel cannot. */
export async function freezeCgroup(path: string, frozen: boolean): Promise<void> {
  await writeFile(join(path, 'cgroup.freeze'), frozen ? '1' : '0').catch(() => {});
}

/** Kills what is left in the group and removes it with all below; an absent group is fine. */
export async function removeCgroup(path: string): Promise<void> {
  await writeFile(join(path, 'cgroup.kill'), '1').catch(() => {});
  for (let wait = 1; ; wait *= 2) {
    try {
      await removeGroups(path);
      return;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      // Dying processes hold their group for a moment; a group that stays is empty of ours and harms no one.
      if (wait > 1024) return;
      await sleep(wait);
    }
  }
}

async function removeGroups(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await removeGroups(join(path, entry.name));
  await rmdir(path);
}
