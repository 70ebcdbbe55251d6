import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { KilnError, messageOf, systemCode } from '../errors.ts';
import type { Bytes } from './source.ts';

/** The path of a program on the PATH; undefined when it is not there. */
export function findTool(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder || '.', name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Sends a stream through a program that reads standard input and writes standard output. Aborting, or leaving early,
 * ends the program. Throws KilnError with what it printed when it fails.
 */
export async function* throughTool(
  program: string,
  args: readonly string[],
  source: Bytes,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { spawn } = await import('node:child_process');
  const { Readable } = await import('node:stream');
  const { pipeline } = await import('node:stream/promises');
  signal.throwIfAborted();
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  if (child.pid === undefined) {
    const [error] = await once(child, 'error').catch(reason => [reason]);
    const why = systemCode(error) === 'ENOENT' ? 'it is not on the PATH' : messageOf(error);
    throw new KilnError(`"${program}" could not be started: ${why}`, { cause: error });
  }
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  ended.catch(() => {});
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  let inputFailed: unknown;
  const feeding = pipeline(Readable.from(source, { objectMode: false }), child.stdin, { signal }).catch(error => {
    // A program that gave up closes its input; its own complaint is the better one.
    if (systemCode(error) !== 'EPIPE') inputFailed = error;
    child.kill('SIGKILL');
  });
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) yield chunk;
    await feeding;
    signal.throwIfAborted();
    if (inputFailed !== undefined) throw inputFailed;
    const [code, killed] = await ended;
    if (code !== 0)
      throw new KilnError(
        `"${program}" failed (${killed ?? `exit code ${code}`}): ${complaint.trim() || 'no message'}`,
      );
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}
