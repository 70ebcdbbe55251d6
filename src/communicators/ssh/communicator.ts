import { setMaxListeners } from 'node:events';
import { sleep } from '../../sdk/async.ts';
import type {
  CommandResult,
  Communicator,
  RunCommandOptions,
  ShellOptions,
  TransferOptions,
} from '../../sdk/communicator.ts';
import { formatDuration } from '../../sdk/duration.ts';
import { KilnError } from '../../sdk/errors.ts';
import type { Ui } from '../../sdk/plugin.ts';
import { contentSource, fileSource } from './byte-source.ts';
import type { Connection } from './connection.ts';
import type { Dialer } from './dialer.ts';
import { downloadFolder, uploadFolder } from './folders.ts';
import { openFiles, type RemoteFiles } from './remote-files.ts';
import { neverStarted, runCommand } from './run.ts';
import type { SshSettings } from './settings.ts';
import { openShell } from './shell.ts';

/** The SSH communicator: one connection at a time, made anew when it was lost. */
export class SshCommunicator implements Communicator {
  readonly type = 'ssh';
  readonly #dialer: Dialer;
  readonly #settings: SshSettings;
  #connection: Connection | undefined;
  #redialing: Promise<Connection> | undefined;
  #files: { readonly of: Connection; readonly opened: Promise<RemoteFiles> } | undefined;
  #closed = false;

  constructor(dialer: Dialer, settings: SshSettings) {
    this.#dialer = dialer;
    this.#settings = settings;
  }

  /** The first connection, and with pause_before_connecting a second one after the pause. */
  async connect(signal: AbortSignal, ui: Ui): Promise<void> {
    await this.reconnect(signal);
    const pause = this.#settings.pauseBeforeConnecting;
    if (pause > 0) {
      await this.#drop();
      ui.say(`Pausing ${formatDuration(pause)} before connecting again...`);
      await sleep(pause, signal);
      await this.reconnect(signal);
    }
    ui.say('Connected to SSH!');
  }

  async run(command: string, options: RunCommandOptions): Promise<CommandResult> {
    const connection = await this.#ready(options.signal);
    try {
      return await runCommand(connection, command, options, this.#settings);
    } catch (error) {
      // A connection that died unnoticed since the last command is simply replaced.
      if (connection.open || !neverStarted(error)) throw error;
      return runCommand(await this.#ready(options.signal), command, options, this.#settings);
    }
  }

  async shell(options: ShellOptions): Promise<CommandResult> {
    return openShell(await this.#ready(options.signal), options);
  }

  async upload(
    source: { readonly path: string } | { readonly content: Buffer | string },
    target: string,
    options: TransferOptions,
  ): Promise<void> {
    const files = await this.#remote(options.signal);
    const path = await this.#resolve(target, options.signal);
    const bytes = 'path' in source ? await fileSource(source.path) : contentSource(source.content);
    await files.upload(bytes, path, options);
  }

  async uploadFolder(source: string, target: string, options: TransferOptions): Promise<void> {
    const files = await this.#remote(options.signal);
    await uploadFolder(files, source, await this.#resolve(target, options.signal), options);
  }

  async download(source: string, target: string, options: TransferOptions): Promise<void> {
    const files = await this.#remote(options.signal);
    await files.download(await this.#resolve(source, options.signal), target, options);
  }

  async downloadFolder(source: string, target: string, options: TransferOptions): Promise<void> {
    const files = await this.#remote(options.signal);
    await downloadFolder(files, await this.#resolve(source, options.signal), target, options);
  }

  async reconnect(signal: AbortSignal): Promise<void> {
    await this.#drop();
    const connection = await this.#dialer.dial(signal);
    // close() may have been called meanwhile; then nobody else would end this one.
    if (this.#closed) await connection.close();
    else this.#connection = connection;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }

  async #drop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#files = undefined;
    await connection?.close();
  }

  /** The connection, made anew by a single try when it was lost: whoever needs patience tries again. */
  async #ready(signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    // Transfers of many files listen to one signal many times over, and each stops listening when it is done.
    setMaxListeners(0, signal);
    if (this.#closed) throw new KilnError('the connection to the machine is closed already');
    if (this.#connection?.open) return this.#connection;
    this.#redialing ??= this.#redial(signal).finally(() => {
      this.#redialing = undefined;
    });
    return this.#redialing;
  }

  async #redial(signal: AbortSignal): Promise<Connection> {
    await this.#drop();
    const connection = await this.#dialer.redial(signal);
    if (this.#closed) {
      await connection.close();
      throw new KilnError('the connection to the machine is closed already');
    }
    this.#connection = connection;
    return connection;
  }

  async #remote(signal: AbortSignal): Promise<RemoteFiles> {
    const connection = await this.#ready(signal);
    if (this.#files?.of === connection) {
      const files = await this.#files.opened;
      if (files.open) return files;
    }
    const opened = openFiles(connection);
    this.#files = { of: connection, opened };
    try {
      return await opened;
    } catch (error) {
      if (connection.open) throw error;
      return openFiles(await this.#ready(signal));
    }
  }

  /**
   * A remote path as Packer's scp would take it, whose paths went through the remote shell: `~` and variables are
   * expanded. SFTP starts in the home folder, so only real variables cost a question to the machine.
   */
  async #resolve(path: string, signal: AbortSignal): Promise<string> {
    if (path === '~' || path === '$HOME') return '.';
    const home = /^(?:~|\$HOME|\$\{HOME\})\/+/.exec(path);
    const rest = home ? `./${path.slice(home[0].length)}` : path;
    if (!/\$\w|\$\{/.test(rest)) return rest;
    let text = '';
    const command = `printf %s "${rest.replace(/["\\`]/g, '\\$&')}"`;
    const result = await this.run(command, {
      signal,
      stdout: chunk => {
        text += chunk.toString();
      },
    });
    return result.kind === 'exit' && result.code === 0 && text !== '' ? text : rest;
  }
}
