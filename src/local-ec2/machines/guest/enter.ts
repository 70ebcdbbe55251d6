import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { sleep } from '../../../sdk/async.ts';
import { DROP_RIGHTS } from '../boot-script.ts';
import { COMMANDS_GROUP } from '../cgroup.ts';
import { onlyChild, processGroup, signalProcess } from '../processes.ts';
import { TOOL_ENV } from '../system.ts';
import { type ToolName, toolInside } from '../toolbox.ts';
import type { Account } from './accounts.ts';
import type { PipePool } from './pipes.ts';

export interface GuestCommand {
  readonly account: Account;
  /** Program and arguments, as the machine sees them. */
  readonly argv: readonly string[];
  /** All that it gets. Names are checked by the caller. */
  readonly env: Readonly<Record<string, string>>;
}

/** A command under way in the machine. */
export interface GuestProcess {
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** How it ended; its output may still be on its way. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** The command's number on the host, once it has begun. */
  pid(): Promise<number | undefined>;
  /** Signals the command's whole process group. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

const NAMESPACES = [
  ['mnt', '--mount'],
  ['uts', '--uts'],
  ['ipc', '--ipc'],
  ['pid', '--pid'],
  ['cgroup', '--cgroup'],
] as const;

/** Puts itself among the machine's processes; where there is no control group, goes on. */
const JOIN_SCRIPT = 'if [ -n "$1" ]; then echo 0 >"$1"; fi 2>/dev/null; shift; exec "$@"';

/**
 * Runs inside, as the user: takes the environment (before this point it is kiln's, so that nothing in it can touch the
 * loader while that has all rights), lets go of the namespace handles, goes home, becomes the command.
 */
const BEGIN_SCRIPT = `unset LC_ALL PWD OLDPWD
while [ "$1" != -- ]; do export "$1"; shift; done
shift
exec 3<&- 4<&- 5<&- 6<&- 7<&-
cd "$HOME" 2>/dev/null || cd /
exec "$@"`;

/** The way into a running machine, held open: it cannot come to mean another process when the machine is gone. */
export class Entrance {
  readonly #handles: readonly FileHandle[];
  readonly #pipes: PipePool;
  readonly #cgroup: string | undefined;
  readonly #running = new Set<ChildProcess>();

  private constructor(handles: readonly FileHandle[], pipes: PipePool, cgroup: string | undefined) {
    this.#handles = handles;
    this.#pipes = pipes;
    this.#cgroup = cgroup;
  }

  static async open(initPid: number, pipes: PipePool, cgroup: string | undefined): Promise<Entrance> {
    const handles: FileHandle[] = [];
    try {
      for (const [name] of NAMESPACES) handles.push(await open(`/proc/${initPid}/ns/${name}`, 'r'));
    } catch (error) {
      await Promise.all(handles.map(handle => handle.close()));
      throw error;
    }
    return new Entrance(handles, pipes, cgroup);
  }

  async close(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await Promise.all(this.#handles.map(handle => handle.close()));
  }

  /** Runs a tool of the toolbox inside with all rights; gives its exit code and complaint. Arguments must be kiln's own. */
  async tool(name: ToolName, args: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
    const flags = NAMESPACES.map(([, flag], index) => `${flag}=/proc/self/fd/${index + 3}`);
    const child = spawn('nsenter', [...flags, '--', ...toolInside(name), ...args], {
      cwd: '/',
      env: TOOL_ENV,
      stdio: ['ignore', 'ignore', 'pipe', ...this.#handles.map(handle => handle.fd)],
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2048);
    });
    this.#running.add(child);
    try {
      return await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', code => resolve({ code: code ?? 1, stderr }));
      });
    } finally {
      this.#running.delete(child);
    }
  }

  /** Starts a command as that user, hemmed in as the machine is, in a session of its own. */
  async run(command: GuestCommand): Promise<GuestProcess> {
    const { account } = command;
    const environment = Object.entries({ ...command.env, HOME: account.home }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const [input, output, errors] = await Promise.all([
      this.#pipes.input(),
      this.#pipes.output(),
      this.#pipes.output(),
    ]);
    const child = spawn(
      'sh',
      [
        ...['-c', JOIN_SCRIPT, 'kiln-enter', this.#cgroup ? join(this.#cgroup, COMMANDS_GROUP, 'cgroup.procs') : ''],
        ...['nsenter', ...NAMESPACES.map(([, flag], index) => `${flag}=/proc/self/fd/${index + 3}`)],
        // nsenter's own fork would stop whenever its child is stopped, and hold up a machine that goes down; unshare's
        // does not, and passes on how the child ended just as well.
        ...['--no-fork', '--', ...toolInside('unshare'), '--fork', '--'],
        ...DROP_RIGHTS,
        ...toolInside('setsid'),
        ...toolInside('setpriv'),
        ...['--reuid', String(account.uid), '--regid', String(account.gid), '--groups', account.groups.join(','), '--'],
        ...['/bin/sh', '-c', BEGIN_SCRIPT, 'kiln-begin', ...environment, '--', ...command.argv],
      ],
      {
        cwd: '/',
        detached: true,
        env: TOOL_ENV,
        stdio: [input.fd, output.fd, errors.fd, ...this.#handles.map(handle => handle.fd)],
      },
    );
    this.#running.add(child);
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve({ code, signal }));
    }).finally(() => this.#running.delete(child));
    ended.catch(() => {});
    // Only now: a command may be over before the next step of ours.
    await Promise.all([input, output, errors].map(pipe => this.#pipes.release(pipe)));
    return {
      stdin: input.socket,
      stdout: output.socket,
      stderr: errors.socket,
      ended,
      pid: () => leaderInside(child),
      kill: async signal => {
        const leader = await leaderInside(child);
        if (leader !== undefined) signalProcess(-leader, signal);
      },
    };
  }
}

/** The leader of the command's process group, by its number on the host. It is there a few milliseconds after the start. */
async function leaderInside(child: ChildProcess): Promise<number | undefined> {
  for (let wait = 1; wait < 1000; wait *= 2) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return undefined;
    const inside = await onlyChild(child.pid);
    if (inside !== undefined && (await processGroup(inside)) === inside) return inside;
    await sleep(wait);
  }
  return undefined;
}
