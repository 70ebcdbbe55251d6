import { readdir, readlink } from 'node:fs/promises';
import { sleep } from '../../src/sdk/async.ts';
import type { Ui } from '../../src/sdk/plugin.ts';

/** How long processes get to end by themselves, in milliseconds. */
const GRACE = 3000;
const PAUSE = 100;

/**
 * Ends the processes whose root or working folder lies at or below a folder: services that provisioners started in a
 * chroot, which would keep it from being unmounted.
 */
export async function endProcessesIn(path: string, ui: Pick<Ui, 'say'>): Promise<void> {
  const found = await processesIn(path);
  if (found.length === 0) return;
  ui.say(`Ending ${found.length} ${found.length === 1 ? 'process' : 'processes'} left in the chroot...`);
  signalAll(found, 'SIGTERM');
  for (let waited = 0; waited < GRACE && (await processesIn(path)).length > 0; waited += PAUSE) await sleep(PAUSE);
  signalAll(await processesIn(path), 'SIGKILL');
}

/** Those that this user may look at; root sees all. */
async function processesIn(path: string): Promise<number[]> {
  const inside: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const places = await Promise.all(['root', 'cwd'].map(link => readlink(`/proc/${name}/${link}`).catch(() => '')));
    if (places.some(place => place === path || place.startsWith(`${path}/`))) inside.push(Number(name));
  }
  return inside;
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended, or is somebody else's: unmounting tells.
    }
  }
}
