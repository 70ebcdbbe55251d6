import type { Readable, Writable } from 'node:stream';

/** How a remote command ended. Only `exit` carries a code; a lost connection is never mistaken for one. */
export type CommandResult =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'disconnect' };

/** Packer's exit code for "the remote side vanished"; templates may list it in valid_exit_codes. */
export const DISCONNECT_EXIT_CODE = 2_300_218;

export interface RunCommandOptions {
  /** Aborting kills the remote command, then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly stdout?: (chunk: Buffer) => void;
  readonly stderr?: (chunk: Buffer) => void;
}

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Permission bits of the target; the source file's own when not given. */
  readonly mode?: number;
  /** Called with the bytes sent so far and the total, when the total is known. */
  readonly progress?: (done: number, total: number | undefined) => void;
}

/** The terminal of a person. */
export interface Terminal {
  /** e.g. `xterm-256color`. */
  readonly name: string;
  readonly columns: number;
  readonly rows: number;
  /** Calls back with each new size; the function returned ends that. */
  onResize(listener: (size: { readonly columns: number; readonly rows: number }) => void): () => void;
}

export interface ShellOptions {
  /** Aborting closes the session. */
  readonly signal: AbortSignal;
  /** Absent: the login shell. */
  readonly command?: string;
  /** Absent: no terminal, as in pipelines. */
  readonly terminal?: Terminal;
  readonly input: Readable;
  readonly output: Writable;
  readonly error: Writable;
}

/** A way to reach the machine. All methods throw a KilnError that says what failed and where. */
export interface Communicator {
  readonly type: 'ssh' | 'winrm' | 'none' | 'chroot';
  run(command: string, options: RunCommandOptions): Promise<CommandResult>;
  /** Uploads a local file, or bytes, to a remote path. The parent folder must exist. */
  upload(
    source: { readonly path: string } | { readonly content: Buffer | string },
    target: string,
    options: TransferOptions,
  ): Promise<void>;
  /** Uploads a folder by Packer's rule: with a trailing slash on `source` its contents, else itself below `target`. */
  uploadFolder(source: string, target: string, options: TransferOptions): Promise<void>;
  download(source: string, target: string, options: TransferOptions): Promise<void>;
  /** Downloads a folder (trailing slash: its contents) or what a glob matches into `target`. */
  downloadFolder(source: string, target: string, options: TransferOptions): Promise<void>;
  /** After a reboot: waits until the machine answers again, within the connect timeout. */
  reconnect(signal: AbortSignal): Promise<void>;
  /** Opens a shell, or runs a command, for a person. Absent: this way leads to none. */
  shell?(options: ShellOptions): Promise<CommandResult>;
  close(): Promise<void>;
}
