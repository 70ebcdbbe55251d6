import { constants } from 'node:os';
import { type CommandResult, DISCONNECT_EXIT_CODE } from '../communicator.ts';
import { KilnError } from '../errors.ts';

/** The number Packer gives a command's end: its exit code, 128 + the signal that ended it, or 2300218 for a lost connection. */
export function exitCodeOf(result: CommandResult): number {
  if (result.kind === 'exit') return result.code;
  if (result.kind === 'disconnect') return DISCONNECT_EXIT_CODE;
  const signals: Readonly<Record<string, number | undefined>> = constants.signals;
  return 128 + (signals[`SIG${result.signal}`] ?? 0);
}

/** Throws, in Packer's words, when a script ended with a code that is not allowed. */
export function checkExitCode(result: CommandResult, allowed: readonly number[] = [0]): void {
  const codes = allowed.length > 0 ? allowed : [0];
  const code = exitCodeOf(result);
  if (codes.includes(code)) return;
  throw new KilnError(
    `Script exited with non-zero exit status: ${code}. Allowed exit codes are: [${codes.join(' ')}]`,
    {
      code: 'script-failed',
      ...(result.kind === 'signal' && { hint: `signal ${result.signal} ended it` }),
    },
  );
}
