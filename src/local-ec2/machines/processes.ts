import { readFile } from 'node:fs/promises';
import { systemCode } from '../../sdk/errors.ts';

/** A process that cannot be taken for a later one of the same number. */
export interface ProcessRef {
  readonly pid: number;
  /** Clock ticks after the host's boot (field 22 of /proc/PID/stat). */
  readonly started: string;
}

interface ProcessState {
  readonly started: string;
  readonly group: number;
  readonly dead: boolean;
}

async function stateOf(pid: number): Promise<ProcessState | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { started: fields[19] ?? '', group: Number(fields[2]), dead: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}

/** The reference to a running process; undefined when there is none of that number. */
export async function processRef(pid: number): Promise<ProcessRef | undefined> {
  const state = await stateOf(pid);
  return state && { pid, started: state.started };
}

export async function isAlive(ref: ProcessRef): Promise<boolean> {
  const state = await stateOf(ref.pid);
  return state?.started === ref.started && !state.dead;
}

/** The process group of a process, as the host counts. */
export async function processGroup(pid: number): Promise<number | undefined> {
  return (await stateOf(pid))?.group;
}

/** Sends a signal; a process that is gone is fine. A negative number means a process group. */
export function signalProcess(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/** The only child of a process, as nsenter and unshare have; undefined when there is none (yet, or any more). */
export async function onlyChild(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const first = Number.parseInt(text, 10);
  return Number.isNaN(first) ? undefined : first;
}
