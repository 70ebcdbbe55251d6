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
  close(): Promise<void>;
}
