import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KilnError, systemCode } from '../../sdk/errors.ts';
import type { ChrootMachine } from '../../sdk/plugin.ts';
import { shellQuote } from '../../sdk/scripts/remote.ts';

/** The command line of this host that runs a shell command line, with arguments, inside the root. */
export function enterLine(root: ChrootMachine, script: string, args: readonly string[] = []): string {
  const words = ['chroot', root.path, '/bin/sh', '-c', script, ...(args.length > 0 ? ['kiln', ...args] : [])];
  return root.wrap(words.map(shellQuote).join(' '));
}

export interface ScriptRun {
  readonly signal?: AbortSignal;
  readonly input?: AsyncIterable<Buffer>;
  readonly output?: Writable;
}

/** Runs a small script inside the root; gives what it printed. Throws a KilnError with its complaint when it failed. */
export async function runScript(
  root: ChrootMachine,
  what: string,
  script: string,
  args: readonly string[],
  { signal, input, output }: ScriptRun = {},
): Promise<string> {
  signal?.throwIfAborted();
  const child = spawn('/bin/sh', ['-c', enterLine(root, script, args)], {
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  closed.catch(() => {});
  let said = '';
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  try {
    const work: Promise<unknown>[] = [closed];
    if (output && child.stdout) work.push(pipeline(child.stdout, output));
    else
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    if (input && child.stdin) {
      // A script that ended early says why by its exit code.
      const fed = pipeline(Readable.from(input), child.stdin).catch(error => {
        if (systemCode(error) !== 'EPIPE') throw error;
      });
      work.push(fed);
    }
    await Promise.all(work);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  const [code] = await closed;
  if (code === 0) return printed;
  throw new KilnError(`${what}: ${said.trim().split('\n').at(-1) || `exit status ${code}`}`, { code: 'remote-file' });
}
