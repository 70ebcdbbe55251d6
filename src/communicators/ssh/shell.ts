import type { ClientChannel, PseudoTtyOptions } from 'ssh2';
import type { CommandResult, ShellOptions } from '../../sdk/communicator.ts';
import { KilnError } from '../../sdk/errors.ts';
import { connectionFailure } from '../../sdk/scripts/connection-failure.ts';
import type { Connection } from './connection.ts';

/** Opens a shell, or runs a command, with the caller's streams as its own. Resolves with how it ended. */
export async function openShell(connection: Connection, options: ShellOptions): Promise<CommandResult> {
  const { input, output, error, terminal, signal } = options;
  signal.throwIfAborted();
  const channel = await start(connection, options);
  const forget = terminal?.onResize(size => channel.setWindow(size.rows, size.columns, 0, 0));
  const stop = (): void => channel.close();
  signal.addEventListener('abort', stop, { once: true });
  let result: CommandResult = { kind: 'disconnect' };
  try {
    channel.on('exit', (code: number | null, name?: string) => {
      result =
        code === null ? { kind: 'signal', signal: (name ?? 'unknown').replace(/^SIG/, '') } : { kind: 'exit', code };
    });
    input.pipe(channel);
    channel.pipe(output, { end: false });
    channel.stderr.pipe(error, { end: false });
    await new Promise<void>((resolve, reject) => {
      channel.on('error', reject);
      channel.once('close', () => resolve());
    });
    signal.throwIfAborted();
    return result;
  } finally {
    forget?.();
    signal.removeEventListener('abort', stop);
    input.unpipe(channel);
    input.pause();
  }
}

function start(connection: Connection, { command, terminal }: ShellOptions): Promise<ClientChannel> {
  const pty: PseudoTtyOptions | undefined = terminal && {
    term: terminal.name,
    cols: terminal.columns,
    rows: terminal.rows,
  };
  return new Promise((resolve, reject) => {
    const started = (error: Error | undefined, channel: ClientChannel): void => {
      if (!error) {
        resolve(channel);
        return;
      }
      reject(
        connection.open
          ? new KilnError(`${connection.where} gave no shell: ${error.message}`, { cause: error })
          : connectionFailure(`the connection to ${connection.where} was lost`, { cause: error }),
      );
    };
    if (command !== undefined) connection.client.exec(command, pty ? { pty } : {}, started);
    else if (pty) connection.client.shell(pty, started);
    else connection.client.shell(false, started);
  });
}
