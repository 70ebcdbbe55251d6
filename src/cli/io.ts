import { describeFileError } from '../sdk/errors.ts';
import { openOutput } from './output.ts';

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
  /** Resolves when all output is on its way. */
  flush(): Promise<void>;
  stdin(): Promise<Buffer>;
}

/** The process's own streams. Output that got lost (a full disk) is told on stderr, and makes a success a failure. */
export function processIo(): Io {
  const err = openOutput(2, () => {});
  const out = openOutput(1, error => {
    process.on('exit', code => {
      if (code === 0) process.exitCode = 1;
    });
    err.write(`error: ${describeFileError('standard output', error)}\n`);
  });
  return {
    env: process.env,
    cwd: process.cwd(),
    stdoutIsTerminal: out.isTerminal,
    stderrIsTerminal: err.isTerminal,
    get columns() {
      return out.columns;
    },
    out: out.write,
    err: err.write,
    flush: async () => {
      await Promise.all([out.flush(), err.flush()]);
    },
    stdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
  };
}

/** Whether to colour what goes to a stream: a terminal, unless NO_COLOR or PACKER_NO_COLOR is set or -color=false given. */
export function wantsColor(io: Io, stream: 'stdout' | 'stderr', flag: boolean | undefined): boolean {
  if (flag === false || io.env['NO_COLOR'] || io.env['PACKER_NO_COLOR']) return false;
  if (io.env['FORCE_COLOR'] && io.env['FORCE_COLOR'] !== '0') return true;
  return stream === 'stdout' ? io.stdoutIsTerminal : io.stderrIsTerminal;
}
