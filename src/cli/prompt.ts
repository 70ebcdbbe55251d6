import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream, WriteStream } from 'node:tty';
import type { Ask } from '../engine/index.ts';
import { KilnError } from '../sdk/errors.ts';
import type { Io } from './io.ts';
import type { OutputMode } from './output-mode.ts';

/** Asks on the controlling terminal, wherever stdin and stdout lead. One question at a time. Fails where nobody can answer. */
export function askOnTerminal(io: Io, mode: OutputMode, before: () => void): Ask {
  let queue: Promise<unknown> = Promise.resolve();
  return (question, signal) => {
    const answer = queue.then(() => {
      if (mode.kind !== 'human')
        throw new KilnError('there is nobody to ask: the output goes to a program', { code: 'no-terminal' });
      before();
      return askOnce(io, question, signal);
    });
    queue = answer.catch(() => {});
    return answer;
  };
}

async function askOnce(io: Io, question: string, signal: AbortSignal): Promise<string> {
  let descriptor: number;
  try {
    descriptor = openSync('/dev/tty', 'r+');
  } catch (error) {
    throw new KilnError('there is no terminal to ask on', { cause: error, code: 'no-terminal' });
  }
  const input = new ReadStream(descriptor);
  const output = io.stdoutIsTerminal ? process.stdout : new WriteStream(openSync('/dev/tty', 'w'));
  const lines = createInterface({ input, output, terminal: true });
  // In raw mode the terminal sends Ctrl-C as a character. What is said next begins a line of its own.
  lines.on('SIGINT', () => {
    output.write('\n');
    process.kill(process.pid, 'SIGINT');
  });
  try {
    return await lines.question(`${question} `, { signal });
  } finally {
    lines.close();
    input.destroy();
    if (output !== process.stdout) output.destroy();
    else closeQuietly(descriptor);
  }
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The stream closed it already.
  }
}
