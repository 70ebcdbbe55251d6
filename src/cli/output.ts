import { fstatSync, type Stats, writeSync } from 'node:fs';

/** One of the process's own outputs. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal, 80 when there is none. */
  readonly columns: number;
  write(text: string): void;
  /** Resolves when all that was written is on its way. */
  flush(): Promise<void>;
}

/** Linux's memory devices (Documentation/admin-guide/devices.txt): /dev/null and its like, of which none is a terminal. */
const MEMORY_DEVICES = 1;
/** Pause before a pipe that is full is tried again, in milliseconds. */
const FULL_PIPE_PAUSE = 2;

/**
 * The output behind a descriptor. Node's own streams are made for terminals only: they cost start-up time, and take what
 * a file or device took in part for written. A reader that went away (EPIPE) is nobody's failure; any other that could
 * not take all of it is told to `lost`, once.
 */
export function openOutput(fd: 1 | 2, lost: (error: unknown) => void): Output {
  if (process.platform !== 'linux' || isTerminal(fd)) return streamOutput(fd);
  let silent = false;
  const write = (text: string): void => {
    if (silent) return;
    try {
      writeWhole(fd, Buffer.from(text));
    } catch (error) {
      silent = true;
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') lost(error);
    }
  };
  return { isTerminal: false, columns: 80, write, flush: async () => {} };
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(fd, bytes, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE);
    }
  }
}

function streamOutput(fd: 1 | 2): Output {
  const stream = streamOf(fd);
  stream.on('error', () => {});
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80;
    },
    write: text => void stream.write(text),
    flush: () => new Promise(resolve => (stream.destroyed ? resolve() : stream.write('', () => resolve()))),
  };
}

function isTerminal(fd: 1 | 2): boolean {
  let stat: Stats;
  try {
    stat = fstatSync(fd);
  } catch {
    return false;
  }
  return stat.isCharacterDevice() && stat.rdev >> 8 !== MEMORY_DEVICES && streamOf(fd).isTTY === true;
}

function streamOf(fd: 1 | 2): NodeJS.WriteStream {
  return fd === 1 ? process.stdout : process.stderr;
}
