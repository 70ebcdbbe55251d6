import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { systemCode } from '../../sdk/errors.ts';
import type { StorePaths } from './paths.ts';
import { type ReplacedFile, strippedAccounts } from './stand-in-accounts.ts';
import {
  EMPTIED,
  ENABLING,
  FRESH_TOP,
  HIDDEN_FILES,
  HIDDEN_NAMES,
  KEPT_CLOSED,
  OPEN,
  SHOWN,
} from './stand-in-rules.ts';
import { copyAttributes, mustRun, removeTree } from './system.ts';

interface Plan {
  readonly shown: string[];
  readonly hide: Set<string>;
  readonly fresh: Map<string, Stats | number>;
  readonly links: Map<string, string>;
  readonly files: Map<string, ReplacedFile>;
}

/** This host's tree as a base image. */
export interface StandIn {
  /** Upper first, relative to the store. The first is the root, too. */
  readonly layers: readonly [string, string];
  /** Folders of the host over which the layers are laid, outer before inner: `etc`, `usr`, `var`, and separate mounts in them. */
  readonly parts: readonly string[];
}

/**
 * Gives the two layers, upper first, that go between this host's tree and a machine's. They are written once per
 * content; layers that a running machine stands on are never changed.
 */
export async function prepareStandIn(paths: StorePaths): Promise<StandIn> {
  const plan = await makePlan([paths.root]);
  const text = JSON.stringify([
    [...plan.hide].sort(),
    [...plan.fresh]
      .map(([path, like]) => [path, typeof like === 'number' ? like : [like.mode, like.uid, like.gid]])
      .sort(),
    [...plan.links].sort(),
    [...plan.files].map(([path, file]) => [path, file.text]).sort(),
  ]);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const target = join(paths.standIn, hash);
  const relativeTarget = relative(paths.root, target);
  const standIn: StandIn = {
    layers: [`${relativeTarget}/fresh`, `${relativeTarget}/hide`],
    parts: [...plan.shown, ...(await hostSubmounts())].sort(),
  };
  if (await stat(target).catch(() => undefined)) return standIn;
  const draft = `${target}.${process.pid}.new`;
  try {
    await removeTree(draft);
    await writePlan(plan, draft);
    await rename(draft, target);
  } catch (error) {
    await removeTree(draft);
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error;
  }
  return standIn;
}

async function makePlan(secret: readonly string[]): Promise<Plan> {
  const plan: Plan = { shown: [], hide: new Set(), fresh: new Map(), links: new Map(), files: new Map() };
  for (const [name, mode] of Object.entries(FRESH_TOP)) plan.fresh.set(`/${name}`, mode);
  for (const name of SHOWN) {
    const stats = await lstat(`/${name}`).catch(() => undefined);
    if (stats?.isSymbolicLink()) plan.links.set(`/${name}`, await readlink(`/${name}`));
    if (!stats?.isDirectory()) continue;
    plan.shown.push(name);
    plan.fresh.set(`/${name}`, stats);
  }
  for (const path of HIDDEN_FILES) if (await lstat(path).catch(() => undefined)) plan.hide.add(path);
  for (const path of secret)
    if (SHOWN.includes(path.split('/')[1] ?? '') && (await lstat(path).catch(() => undefined))) plan.hide.add(path);
  await Promise.all([walk('/etc', plan), walk('/var', plan)]);
  for (const [path, file] of await strippedAccounts()) {
    plan.hide.add(path);
    plan.files.set(path, file);
  }
  return plan;
}

async function walk(folder: string, plan: Plan): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names.map(async name => {
      const path = `${folder}/${name}`;
      const stats = await lstat(path).catch(() => undefined);
      if (!stats || plan.hide.has(path) || OPEN.has(path)) return;
      if (HIDDEN_NAMES.test(name) || ENABLING.test(folder)) plan.hide.add(path);
      else if (stats.isDirectory()) await walkFolder(path, stats, plan);
      else if (!stats.isSymbolicLink() && (stats.mode & 0o004) === 0 && !KEPT_CLOSED.has(path)) plan.hide.add(path);
      else if (stats.isSocket() || stats.isFIFO()) plan.hide.add(path);
    }),
  );
}

async function walkFolder(path: string, stats: Stats, plan: Plan): Promise<void> {
  const emptied = EMPTIED[path];
  if (emptied === undefined && ((stats.mode & 0o005) === 0o005 || KEPT_CLOSED.has(path))) return walk(path, plan);
  plan.hide.add(path);
  plan.fresh.set(path, stats);
  if (emptied !== 'folders') return;
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) plan.fresh.set(`${path}/${entry.name}`, await lstat(`${path}/${entry.name}`));
}

async function writePlan(plan: Plan, folder: string): Promise<void> {
  const hide = join(folder, 'hide');
  const fresh = join(folder, 'fresh');
  await mkdir(hide, { recursive: true, mode: 0o755 });
  await mkdir(fresh, { mode: 0o755 });
  // What lies below something hidden is hidden with it.
  const hidden = [...plan.hide].sort().filter(path => !ancestors(path).some(above => plan.hide.has(above)));
  for (const path of hidden) await mirrorFolders(hide, dirname(path));
  // Whiteouts are character devices 0:0. In batches: a command line has its limit.
  for (let at = 0; at < hidden.length; at += 200) {
    const batch = hidden.slice(at, at + 200).map(path => join(hide, path));
    await mustRun('the stand-in for a base image could not be made', 'sh', [
      '-c',
      'for path; do mknod "$path" c 0 0 || exit; done',
      'kiln',
      ...batch,
    ]);
  }
  for (const [path, like] of [...plan.fresh].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await mirrorFolders(fresh, dirname(path));
    const at = join(fresh, path);
    await mkdir(at, { recursive: true });
    if (typeof like === 'number') await chmod(at, like);
    else await copyAttributes(at, like);
  }
  for (const [path, target] of plan.links) await symlink(target, join(fresh, path));
  for (const [path, file] of plan.files) {
    await mirrorFolders(fresh, dirname(path));
    await writeFile(join(fresh, path), file.text, { mode: 0o600 });
    await copyAttributes(join(fresh, path), file.stats);
  }
}

function ancestors(path: string): string[] {
  const above = dirname(path);
  return above === '/' ? [] : [above, ...ancestors(above)];
}

/** Makes the folders above a path with the host's owners and modes: in an overlay the upper folder's count. */
async function mirrorFolders(layer: string, path: string): Promise<void> {
  if (path === '/' || (await stat(join(layer, path)).catch(() => undefined))) return;
  await mirrorFolders(layer, dirname(path));
  await mkdir(join(layer, path));
  await copyAttributes(join(layer, path), await stat(path));
}

/** File systems of disks: what else is mounted below / is no part of the operating system's tree. */
const DISK_FILE_SYSTEMS = /^(ext[234]|xfs|btrfs|zfs|f2fs|bcachefs|reiserfs|jfs|overlay)$/;

/** Folders in /usr, /etc and /var that are mounts of their own, such as a separate /var/lib. */
async function hostSubmounts(): Promise<string[]> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const found = new Set<string>();
  for (const line of mounts.split('\n')) {
    const fields = line.split(' ');
    const type = fields[fields.indexOf('-') + 1] ?? '';
    const at = fields[4] ?? '';
    const [, top = '', ...rest] = at.split('/');
    // File mounts (a container's /etc/hosts) and deep ones (a container store) are left out.
    const system = ['usr', 'var', 'etc'].includes(top) && rest.length === 1 && /^[\w/.-]+$/.test(at);
    if (system && DISK_FILE_SYSTEMS.test(type) && (await stat(at)).isDirectory()) found.add(relative('/', at));
  }
  return [...found].sort();
}
