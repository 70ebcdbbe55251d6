import { type ChildProcess, spawn } from 'node:child_process';
import { sleep } from '../async.ts';
import type { CommandResult } from '../communicator.ts';
import { describeFileError, KilnError } from '../errors.ts';
import type { Ui } from '../plugin.ts';

/** Time between asking a local process group to end and ending it. */
const GRACE = 1000;

/** Commands that run now. */
const running = new Set<ChildProcess>();

/** Ends all local commands and what they started, at once: for a process that does not wait for its own end. */
export function killLocalProcesses(): void {
  for (const child of running) signalGroup(child, 'SIGKILL');
}

interface LocalRun {
  readonly signal: AbortSignal;
  readonly ui: Pick<Ui, 'output'>;
}

interface LocalOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a local command with its output shown, in a process group of its own: on abort the whole group is ended (TERM,
 * a second later KILL), grandchildren included, before this rejects with the signal's reason.
 */
export async function runLocalProcess(
  words: readonly string[],
  { signal, ui }: LocalRun,
  options: LocalOptions = {},
): Promise<CommandResult> {
  signal.throwIfAborted();
  const [file = '', ...args] = words;
  const child = spawn(file, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  let onAbort: () => void = () => {};
  running.add(child);
  try {
    const ended = new Promise<CommandResult>((resolve, reject) => {
      child.once('error', error => reject(startError(file, error)));
      child.stdout.on('data', (chunk: Buffer) => ui.output('stdout', chunk));
      child.stderr.on('data', (chunk: Buffer) => ui.output('stderr', chunk));
      child.once('close', (code, name) => {
        if (code !== null) resolve({ kind: 'exit', code });
        else resolve({ kind: 'signal', signal: (name ?? 'unknown').replace(/^SIG/, '') });
      });
    });
    ended.catch(() => {});
    const aborted = new Promise<'aborted'>(resolve => {
      onAbort = () => resolve('aborted');
      signal.addEventListener('abort', onAbort, { once: true });
    });
    const result = await Promise.race([ended, aborted]);
    if (result !== 'aborted') return result;
    await endGroup(child);
    throw signal.reason;
  } finally {
    running.delete(child);
    signal.removeEventListener('abort', onAbort);
  }
}

function startError(file: string, error: Error & { code?: string }): KilnError {
  // A folder of the PATH that this user may not enter gives EACCES for every command that is nowhere else.
  const missing = error.code === 'ENOENT' || (error.code === 'EACCES' && !file.includes('/'));
  const reason = missing ? `the command "${file}" was not found on this host` : describeFileError(file, error);
  return new KilnError(reason, { cause: error, hint: 'is it installed, and on the PATH?' });
}

async function endGroup(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>(resolve => child.once('close', () => resolve()));
  signalGroup(child, 'SIGTERM');
  await Promise.race([gone, sleep(GRACE)]);
  // Also when the leader ended in time: its children may have ignored the request.
  signalGroup(child, 'SIGKILL');
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}
