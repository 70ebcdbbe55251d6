import { spawn } from 'node:child_process';
import { constants, type Stats } from 'node:fs';
import { access, chmod, chown, mkdir, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KilnError, systemCode } from '../../sdk/errors.ts';

/** Where system tools live even when the caller's PATH is short. */
export const TOOL_PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** The environment host tools run in: their messages in English, nothing else inherited. */
export const TOOL_ENV = { PATH: TOOL_PATH, LC_ALL: 'C' } as const;

/** The path of a program of this host, or undefined. */
export async function findTool(name: string): Promise<string | undefined> {
  for (const folder of TOOL_PATH.split(':')) {
    if (!folder.startsWith('/')) continue;
    const path = `${folder}/${name}`;
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {}
  }
  return undefined;
}

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Readable;
  readonly signal?: AbortSignal;
}

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  /** The last 8 KiB. */
  readonly stderr: string;
}

const KEPT = 8192;

/** Runs a host program to its end and gives what it said. Throws only when it cannot be started or is aborted. */
export async function runTool(name: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const child = spawn(name, args, {
    cwd: options.cwd,
    env: { ...TOOL_ENV, ...options.env },
    stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT);
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  options.signal?.addEventListener('abort', kill, { once: true });
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
    });
    const fed = options.input && child.stdin ? pipeline(options.input, child.stdin) : undefined;
    const feedFailure = fed?.then(
      () => undefined,
      (error: unknown) => error,
    );
    const code = await ended;
    options.signal?.throwIfAborted();
    const failure = await feedFailure;
    // A program may stop reading before the end (tar ignores padding): its exit code tells more than the broken pipe.
    const brokenPipe = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(systemCode(failure) ?? '');
    if (code === 0 && failure !== undefined && !brokenPipe) throw failure;
    return { code, stdout, stderr: failure instanceof Error && code !== 0 ? `${stderr}\n${failure.message}` : stderr };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (systemCode(error) === 'ENOENT') throw missingTool(name, error);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', kill);
  }
}

/** Like runTool, but an exit code other than 0 is a KilnError that says what failed. */
export async function mustRun(
  what: string,
  name: string,
  args: readonly string[],
  options?: ToolOptions,
): Promise<string> {
  const result = await runTool(name, args, options);
  if (result.code === 0) return result.stdout;
  throw new KilnError(`${what}: ${lastLines(result.stderr) || `"${name}" ended with code ${result.code}`}`);
}

export function missingTool(name: string, cause?: unknown): KilnError {
  return new KilnError(`the program "${name}" is not installed on this host`, {
    hint: 'install it (Debian, Ubuntu: packages util-linux, mount, bsdutils, coreutils, tar)',
    code: 'missing-tool',
    cause,
  });
}

/** The end of a program's error output, on one line. */
export function lastLines(text: string, count = 3): string {
  return text.trim().split('\n').slice(-count).join('; ');
}

/** Removes a tree of any depth and size; absent ones count as removed. */
export async function removeTree(...paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await mustRun('files could not be deleted', 'rm', ['-rf', '--', ...paths]);
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Makes a folder with those above it; false when it was there. */
export async function makeFolder(path: string): Promise<boolean> {
  return (await mkdir(path, { recursive: true, mode: 0o755 })) !== undefined;
}

/** Gives a file or folder the owner and permission bits of another. */
export async function copyAttributes(path: string, like: Stats): Promise<void> {
  await chown(path, like.uid, like.gid);
  await chmod(path, like.mode & 0o7777);
}
