import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KilnError } from '../../sdk/errors.ts';
import type { StorePaths } from './paths.ts';
import { findTool, lastLines, missingTool, removeTree, runTool } from './system.ts';

const TOOLS = [
  ...['unshare', 'nsenter', 'setpriv', 'setsid', 'script', 'mount', 'umount', 'pivot_root'],
  ...['sh', 'cp', 'rm', 'ln', 'mkdir', 'mkfifo', 'mknod', 'stty', 'sync', 'du', 'tar'],
];

/** Throws a KilnError when this host cannot run machines: what is missing, and what to do. */
export async function checkHost(paths: StorePaths): Promise<void> {
  if (process.platform !== 'linux')
    throw new KilnError(`local machines need Linux; this is ${process.platform}`, {
      hint: 'bake on AWS (without --local), or run kiln in a Linux virtual machine',
      code: 'unsupported-host',
    });
  if (process.geteuid?.() !== 0)
    throw new KilnError('local machines need root: this user may not make namespaces and mounts', {
      hint: 'run the same command with sudo, or bake on AWS without --local',
      code: 'needs-root',
    });
  for (const tool of TOOLS) if (!(await findTool(tool))) throw missingTool(tool);
  await tryOverlay(paths);
}

/** The surest check of rights, kernel and file system: mount a small overlay in a namespace of its own. */
async function tryOverlay(paths: StorePaths): Promise<void> {
  const trial = join(paths.root, `trial-${process.pid}`);
  try {
    for (const name of ['lower', 'upper', 'work', 'root']) await mkdir(join(trial, name), { recursive: true });
    const script = 'mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work kiln root';
    const args = ['--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child', '--', 'sh', '-c', script];
    const result = await runTool('unshare', args, { cwd: trial });
    if (result.code !== 0) throw await overlayFailure(paths, lastLines(result.stderr, 1));
  } finally {
    await removeTree(trial);
  }
}

async function overlayFailure(paths: StorePaths, said: string): Promise<KilnError> {
  if (said.startsWith('unshare'))
    return new KilnError(`this host does not let kiln make namespaces (${said})`, {
      hint: 'in a container, start it privileged: docker run --privileged ...',
      code: 'no-namespaces',
    });
  const kinds = await readFile('/proc/filesystems', 'utf8').catch(() => 'overlay');
  if (!/\boverlay\b/.test(kinds))
    return new KilnError('the kernel of this host has no overlay file system', {
      hint: 'load it with "modprobe overlay"',
      code: 'no-overlayfs',
    });
  return new KilnError(`the folder "${paths.root}" cannot hold machines: ${said}`, {
    hint: 'put the store on a local disk (ext4, xfs, btrfs, tmpfs) by setting XDG_DATA_HOME; network and overlay file systems do not do',
    code: 'unsuitable-store',
  });
}
