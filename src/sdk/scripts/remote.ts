import type { CommandResult } from '../communicator.ts';
import { KilnError, messageOf } from '../errors.ts';
import type { ProvisionContext } from '../plugin.ts';
import { connectionFailure, isConnectionFailure } from './connection-failure.ts';
import { exitCodeOf } from './exit-code.ts';

/** Runs a remote command with its output shown to the user. */
export function runShown(run: ProvisionContext, command: string): Promise<CommandResult> {
  return run.communicator.run(command, {
    signal: run.signal,
    stdout: chunk => run.ui.output('stdout', chunk),
    stderr: chunk => run.ui.output('stderr', chunk),
  });
}

/** Runs a remote command that must exit 0, showing its output. `what` completes "... failed". */
export async function mustRun(run: ProvisionContext, command: string, what: string): Promise<void> {
  const result = await runShown(run, command);
  if (result.kind === 'disconnect') throw connectionFailure(`the connection was lost: ${what} failed`);
  const code = exitCodeOf(result);
  if (code !== 0)
    throw new KilnError(`${what} failed with exit status ${code}`, { hint: `the command was: ${command}` });
}

/** What a remote command printed, and its exit code. */
export async function outputOf(
  run: ProvisionContext,
  command: string,
): Promise<{ readonly text: string; readonly code: number }> {
  const chunks: Buffer[] = [];
  const result = await run.communicator.run(command, { signal: run.signal, stdout: chunk => chunks.push(chunk) });
  return { text: Buffer.concat(chunks).toString(), code: exitCodeOf(result) };
}

/** Removing what a failed or stopped script left must not hold up the build's end. */
const TIDY_DEADLINE = 10_000;

/** Runs a clean-up command after a failure or an abort: quietly, for a short time, under a signal of its own. */
export async function tidyUp(run: ProvisionContext, command: string): Promise<void> {
  try {
    await run.communicator.run(command, { signal: AbortSignal.timeout(TIDY_DEADLINE) });
  } catch (error) {
    if (!isConnectionFailure(error)) run.ui.error(`cleaning up failed: ${messageOf(error)}`);
  }
}

/** One word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Random lower-case hexadecimal digits, for names that no other build has. */
export function randomDigits(length: number): string {
  const bytes = new Uint8Array(Math.ceil(length / 2));
  globalThis.crypto.getRandomValues(bytes);
  return Buffer.from(bytes).toString('hex').slice(0, length);
}
