import type { Command } from '../../src/cli/commands/index.ts';
import { GLOBAL_FLAGS } from '../../src/cli/flags.ts';
import type { Io } from '../../src/cli/io.ts';
import { parseArgs } from '../../src/cli/parse-args.ts';

export interface Shown {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  readonly cwd: string;
  readonly input?: string;
  readonly terminal?: boolean;
}

/** Runs one command in this process, as the command line would. Paths below `cwd` are shown relative to it. */
export async function runCommand(
  command: Command | undefined,
  args: readonly string[],
  { cwd, input = '', terminal = false }: Surroundings,
): Promise<Shown> {
  if (!command) throw new Error('no such command');
  const text = { out: '', err: '' };
  const io: Io = {
    env: {},
    cwd,
    stdoutIsTerminal: terminal,
    stderrIsTerminal: false,
    columns: 80,
    out: part => {
      text.out += part;
    },
    err: part => {
      text.err += part;
    },
    stdin: async () => Buffer.from(input),
    flush: async () => {},
  };
  const { run } = await command.load();
  const code = await run(parseArgs(args, [...command.flags, ...GLOBAL_FLAGS]), io);
  const tidy = (part: string): string => part.replaceAll(`${cwd}/`, '');
  return { code, out: tidy(text.out), err: tidy(text.err) };
}
