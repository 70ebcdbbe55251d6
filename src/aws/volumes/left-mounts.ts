import { execFile } from 'node:child_process';
import { readFile, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { KilnError, messageOf } from '../../sdk/errors.ts';

/** What the ledger keeps of a folder of this host on which a volume is mounted. */
export function mountParts(path: string): Record<string, string> {
  return { mount: path, host: hostname() };
}

/** Unmounts all at and below a mount point that a killed chroot build left on this host, innermost first. */
export async function unmountLeft(parts: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
  const { mount: path = '', host } = parts;
  if (host !== hostname()) return;
  for (const point of (await mountsBelow(path)).reverse()) {
    try {
      await promisify(execFile)('umount', ['--', point], { signal, env: { ...process.env, LC_ALL: 'C' } });
    } catch (error) {
      throw new KilnError(`"${point}" cannot be unmounted: ${lastLine(error)}`, {
        hint: `end what still uses it (fuser -vm ${point}), then try again`,
        cause: error,
      });
    }
  }
  await rmdir(path).catch(() => {});
}

/** Mount points at and below a folder of this host, outermost first. */
export async function mountsBelow(path: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table
    .split('\n')
    .map(line => unescaped(line.split(' ')[4] ?? ''))
    .filter(point => point === path || point.startsWith(`${path}/`));
}

/** mountinfo writes blanks and the like as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function lastLine(error: unknown): string {
  const stderr = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  return stderr.trim().split('\n').at(-1) || messageOf(error);
}
