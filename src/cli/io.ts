import { fstatSync, writeSync } from 'node:fs';
import { describeFileError } from '../sdk/errors.ts';

/** The outside world as commands see it. Only this folder touches the process. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Columns of the terminal, 80 when there is none. */
  readonly columns: number;
  out(text: string): void;
  err(text: string): void;
  stdin(): Promise<Buffer>;
}

/**
 * The process's own streams. A reader that went away (EPIPE) never stops a build's clean-up. Output into a file that
 * could not take all of it (a full disk) is told on stderr, and makes a success a failure.
 */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const err = writer(process.stderr, () => {});
  const out = writer(process.stdout, error => err(`error: ${describeFileError('standard output', error)}\n`));
  return {
    env: process.env,
    cwd: process.cwd(),
    stdoutIsTerminal: process.stdout.isTTY === true,
    stderrIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 80,
    out,
    err,
    stdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
  };
}

/** Writes to a stream. Node's own stream over a file takes a chunk that was written in part for a whole one. */
function writer(stream: NodeJS.WriteStream & { readonly fd: number }, lost: (error: unknown) => void) {
  if (!takesWrites(stream)) return (text: string): void => void stream.write(text);
  let failed = false;
  return (text: string): void => {
    const bytes = Buffer.from(text);
    try {
      for (let sent = 0; sent < bytes.length; ) sent += writeSync(stream.fd, bytes, sent);
    } catch (error) {
      if (failed) return;
      failed = true;
      process.on('exit', code => {
        if (code === 0) process.exitCode = 1;
      });
      lost(error);
    }
  };
}

/** Files and devices such as /dev/full, but no terminal: there a write tells at once whether it worked. */
function takesWrites({ fd, isTTY }: { readonly fd: number; readonly isTTY?: boolean }): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFile() || (stat.isCharacterDevice() && isTTY !== true);
  } catch {
    return false;
  }
}

/** Whether to colour what goes to a stream: a terminal, unless NO_COLOR or PACKER_NO_COLOR is set or -color=false given. */
export function wantsColor(io: Io, stream: 'stdout' | 'stderr', flag: boolean | undefined): boolean {
  if (flag === false || io.env['NO_COLOR'] || io.env['PACKER_NO_COLOR']) return false;
  if (io.env['FORCE_COLOR'] && io.env['FORCE_COLOR'] !== '0') return true;
  return stream === 'stdout' ? io.stdoutIsTerminal : io.stderrIsTerminal;
}
