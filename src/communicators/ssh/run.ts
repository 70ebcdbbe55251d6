import type { ClientChannel, ExecOptions } from 'ssh2';
import type { CommandResult, RunCommandOptions } from '../../sdk/communicator.ts';
import { KilnError } from '../../sdk/errors.ts';
import { connectionFailure } from '../../sdk/scripts/connection-failure.ts';
import type { Connection } from './connection.ts';
import { killCommand } from './kill.ts';
import type { SshSettings } from './settings.ts';

/** Packer's terminal: xterm, 80 columns by 40 lines, no echo, 14.4 kbaud. */
const PTY = { term: 'xterm', cols: 80, rows: 40, modes: { ECHO: 0, TTY_OP_ISPEED: 14_400, TTY_OP_OSPEED: 14_400 } };

/**
 * Runs one command in a session of its own. Resolves with how it ended; throws a connection failure when it could not
 * be started. Aborting kills it remotely, then rejects with the signal's reason.
 */
export async function runCommand(
  connection: Connection,
  command: string,
  options: RunCommandOptions,
  settings: SshSettings,
): Promise<CommandResult> {
  const { signal } = options;
  signal.throwIfAborted();
  // Packer appends a newline to every command.
  const { channel, finished } = await start(connection, `${command}\n`, options, settings);
  const entry = { aborted: false };
  connection.running.add(entry);
  let onAbort: () => void = () => {};
  try {
    const aborted = new Promise<'aborted'>(resolve => {
      onAbort = () => {
        entry.aborted = true;
        resolve('aborted');
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    const result = await Promise.race([finished, aborted]);
    if (result !== 'aborted') return result;
    await killCommand(connection, channel, finished);
    throw signal.reason;
  } finally {
    signal.removeEventListener('abort', onAbort);
    connection.running.delete(entry);
  }
}

interface Started {
  readonly channel: ClientChannel;
  readonly finished: Promise<CommandResult>;
}

async function start(
  connection: Connection,
  command: string,
  options: RunCommandOptions,
  settings: SshSettings,
): Promise<Started> {
  const agentForward = settings.forwardAgent !== undefined && !connection.refusesAgent;
  const request = {
    ...(settings.pty && { pty: PTY }),
    ...(agentForward && { agentForward }),
  } as unknown as ExecOptions;
  try {
    return await exec(connection, command, request, options);
  } catch (error) {
    if (!agentForward || !(error instanceof Error) || !/agent forwarding/.test(error.message))
      throw startFailure(connection, error);
    connection.refusesAgent = true;
    return start(connection, command, options, settings);
  }
}

function exec(
  connection: Connection,
  command: string,
  request: ExecOptions,
  options: RunCommandOptions,
): Promise<Started> {
  return new Promise((resolve, reject) => {
    connection.client.exec(command, request, (error, channel) => {
      if (error) return reject(error);
      // Listening must begin in this very turn: a short command's exit status may be in the same packet.
      const finished = follow(channel, options);
      finished.catch(() => {});
      resolve({ channel, finished });
    });
  });
}

/** Whether a command certainly did not run: its session was never opened, as the connection had been lost before. */
export function neverStarted(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && /^(No response from server|Not connected)$/.test(cause.message);
}

function startFailure(connection: Connection, error: unknown): KilnError {
  if (!connection.open) return connection.lost('starting a command', error);
  const message = error instanceof Error ? error.message : String(error);
  if (/pseudo-terminal/.test(message))
    return new KilnError(`${connection.where} gives no terminal`, { cause: error, hint: 'leave out ssh_pty' });
  return connectionFailure(`${connection.where} did not start a command: ${message}`, { cause: error });
}

/** Streams the output to its receivers until both streams and the channel have ended. */
function follow(channel: ClientChannel, { stdout, stderr }: RunCommandOptions): Promise<CommandResult> {
  let result: CommandResult = { kind: 'disconnect' };
  return new Promise((resolve, reject) => {
    let open = 3;
    const settle = (): void => {
      if (--open === 0) resolve(result);
    };
    const receive = (to: ((chunk: Buffer) => void) | undefined) => (chunk: Buffer) => {
      try {
        to?.(chunk);
      } catch (error) {
        channel.close();
        reject(error);
      }
    };
    channel.on('exit', (code: number | null, signal?: string) => {
      if (code !== null) result = { kind: 'exit', code };
      else result = { kind: 'signal', signal: (signal ?? 'unknown').replace(/^SIG/, '') };
    });
    channel.on('error', () => {});
    channel.on('data', receive(stdout)).once('end', settle);
    channel.stderr.on('data', receive(stderr)).once('end', settle);
    channel.once('close', settle);
    // No input: commands that would read it see its end at once, as in Packer.
    channel.end();
  });
}
