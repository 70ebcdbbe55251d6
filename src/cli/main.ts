import { DiagnosticError, KilnError, messageOf } from '../sdk/errors.ts';
import { nearest } from '../sdk/suggest.ts';
import { COMMANDS, type Command } from './commands/index.ts';
import { GLOBAL_FLAGS } from './flags.ts';
import { type Io, processIo } from './io.ts';
import { type OutputMode, outputMode } from './output-mode.ts';
import { type ParsedArgs, parseArgs, restAsArguments, UsageError } from './parse-args.ts';

/** Packer's code for "no command or unknown command". */
const EXIT_NO_COMMAND = 127;

/** Runs one command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const io = processIo();
  const code = await runCommandLine(argv, io);
  process.exitCode = code;
  // What a build leaves open (keep-alive sockets to AWS) must not hold the process.
  if (!COMMANDS[argv[0] ?? '']?.longRunning) return;
  await io.flush();
  process.exit(code);
}

async function runCommandLine(argv: readonly string[], io: Io): Promise<number> {
  const { name, rest } = splitCommand(argv);
  if (name === undefined) return help(io, undefined, EXIT_NO_COMMAND);
  if (name === 'help-flag') return help(io, undefined, 0);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const near = nearest(name, Object.keys(COMMANDS));
    io.err(`error: unknown command "${name}"${near ? `; did you mean "${near}"?` : ''}\n\n`);
    return help(io, undefined, EXIT_NO_COMMAND);
  }
  return runCommand(name, command, rest, io);
}

async function runCommand(name: string, command: Command, argv: readonly string[], io: Io): Promise<number> {
  let args: ParsedArgs;
  try {
    const flags = [...command.flags, ...GLOBAL_FLAGS];
    args = parseArgs(command.restIsArguments ? restAsArguments(argv, flags) : argv, flags);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`error: ${error.message}${error.hint ? ` (${error.hint})` : ''}\n\n`);
    return help(io, name, 1, 'err');
  }
  if (args.boolean('help')) return help(io, name, 0);
  const module = await command.load();
  try {
    return await module.run(args, io);
  } catch (error) {
    return failed(error, outputMode(args), name, io);
  }
}

/** The one place where what nobody caught becomes a message. */
async function failed(error: unknown, mode: OutputMode, name: string, io: Io): Promise<number> {
  const { reportDiagnostics, reportFailure } = await import('./ui/report.ts');
  if (error instanceof UsageError) {
    reportFailure(io, mode, error.message, error.hint);
    return help(io, name, 1, 'err');
  }
  if (error instanceof DiagnosticError) reportDiagnostics(io, mode, error.diagnostics);
  else if (error instanceof KilnError) reportFailure(io, mode, error.message, error.hint, error.code);
  else {
    reportFailure(
      io,
      mode,
      `kiln met a situation it was not made for: ${messageOf(error)}`,
      'this is a bug; set KILN_DEBUG=1 to see where, and report it',
    );
    if (io.env['KILN_DEBUG'] && error instanceof Error) io.err(`${error.stack}\n`);
  }
  return 1;
}

/** `-machine-readable` may stand anywhere, before the command too. */
function splitCommand(argv: readonly string[]): {
  readonly name: string | undefined;
  readonly rest: readonly string[];
} {
  const index = argv.findIndex(word => !word.startsWith('-'));
  const before = index < 0 ? argv : argv.slice(0, index);
  const rest = index < 0 ? [] : argv.slice(index + 1);
  if (before.some(word => /^--?(h|help)$/.test(word))) return { name: 'help-flag', rest };
  if (before.some(word => /^--?(v|version)$/.test(word)))
    return { name: 'version', rest: before.filter(word => !/^--?(v|version)$/.test(word)) };
  return { name: argv[index], rest: [...before, ...rest] };
}

async function help(io: Io, command: string | undefined, code: number, stream: 'out' | 'err' = 'out'): Promise<number> {
  const { helpText } = await import('./help-text.ts');
  io[stream](await helpText(command, io.columns));
  return code;
}
