import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFileError, KilnError } from '../errors.ts';
import type { LocalScriptOptions } from './local-options.ts';

/** Writes the lines into an executable temporary script, hands its path to `body`, and removes it whatever happens. */
export async function withInlineScript(
  options: LocalScriptOptions,
  lines: readonly string[],
  body: (path: string) => Promise<void>,
): Promise<void> {
  const windows = process.platform === 'win32';
  const shebang = options.inline_shebang || (windows ? '' : '/bin/sh -e');
  const extension = options.tempfile_extension?.replace(/^\./, '') || (windows ? 'cmd' : '');
  // A folder of its own: only this user may look into it, and the name cannot be foreseen.
  const folder = await mkdtemp(join(tmpdir(), 'packer-shell')).catch(error => {
    throw new KilnError(describeFileError(tmpdir(), error), { cause: error, hint: 'set TMPDIR to a writable folder' });
  });
  try {
    const path = join(folder, extension ? `script.${extension}` : 'script');
    const text = [...(shebang ? [`#!${shebang}`] : []), ...lines, ''].join(windows ? '\r\n' : '\n');
    await writeFile(path, text, { mode: 0o700 }).catch(error => {
      throw new KilnError(describeFileError(path, error), { cause: error });
    });
    await body(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
