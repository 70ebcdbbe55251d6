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

/** The process's own streams. A reader that went away (EPIPE) never stops a build's clean-up. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return {
    env: process.env,
    cwd: process.cwd(),
    stdoutIsTerminal: process.stdout.isTTY === true,
    stderrIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 80,
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
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
