import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names one process for good: a pid alone may be taken again by another. */
export interface ProcessIdentity {
  readonly host: string;
  /** The pid namespace, as containers that share a folder do not see each other's processes; empty where there is none. */
  readonly namespace: string;
  readonly pid: number;
  /** The boot's id and the clock ticks since then, on Linux; empty where the system does not tell. */
  readonly startTime: string;
}

/** The identity of this very process. */
export function thisProcess(): ProcessIdentity {
  return {
    host: hostname(),
    namespace: namespace(),
    pid: process.pid,
    startTime: statusOf(process.pid)?.startTime ?? '',
  };
}

/** Whether that very process still runs; undefined when it cannot be asked, being of another host or container. */
export function isAlive(identity: ProcessIdentity): boolean | undefined {
  if (identity.host !== hostname() || identity.namespace !== namespace()) return undefined;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const status = statusOf(identity.pid);
  if (status === undefined) return true;
  return !status.ended && (identity.startTime === '' || status.startTime === identity.startTime);
}

/** A short form of this process's identity that fits into a file name; see `ownerIsDead`. */
export function ownerTag(): string {
  const self = thisProcess();
  return `${machineTag(self)}-${self.pid}-${shortHash(self.startTime)}`;
}

/** Whether a tag names a process of this machine that has certainly ended. */
export function ownerIsDead(tag: string): boolean {
  const match = /^([0-9a-f]{8})-(\d+)-([0-9a-f]{8})$/.exec(tag);
  const self = thisProcess();
  if (!match || match[1] !== machineTag(self)) return false;
  const pid = Number(match[2]);
  if (isAlive({ ...self, pid, startTime: '' }) === false) return true;
  return shortHash(statusOf(pid)?.startTime ?? '') !== match[3];
}

function machineTag(identity: ProcessIdentity): string {
  return shortHash(`${identity.host}\n${identity.namespace}`);
}

/** FNV-1a, 32 bits, in hex: tells a handful of names apart without loading node:crypto. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

interface Status {
  readonly startTime: string;
  /** A zombie answers signals although it does nothing any more. */
  readonly ended: boolean;
}

function statusOf(pid: number): Status | undefined {
  try {
    // proc(5): field 3 of /proc/PID/stat is the state, field 22 the start; the name before them may hold spaces and ")".
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { startTime: `${boot}/${fields[19] ?? ''}`, ended: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}
