import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names one process for good: a pid alone may be taken again by another. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks since boot plus the boot's id on Linux; empty where the system does not tell. */
  readonly startTime: string;
}

export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, startTime: startTimeOf(process.pid) };
}

/** Whether that very process still runs. A process of another host cannot be asked: undefined. */
export function isAlive(identity: ProcessIdentity): boolean | undefined {
  if (identity.host !== hostname()) return undefined;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const startTime = startTimeOf(identity.pid);
  return identity.startTime === '' || startTime === '' || startTime === identity.startTime;
}

function startTimeOf(pid: number): string {
  try {
    // Field 22 of /proc/PID/stat (proc(5)); the command name before it may hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return '';
  }
}
