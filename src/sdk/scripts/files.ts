import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describeFileError } from '../errors.ts';
import type { OptionPath, PrepareContext } from '../plugin.ts';
import { nearest } from '../suggest.ts';

/** Reports a local file (or folder, when `folders` allows it) that is not there, with the nearest name that is. */
export function checkLocalPath(
  path: string,
  at: OptionPath,
  context: PrepareContext,
  kinds: 'file' | 'folder' | 'any',
): void {
  try {
    const found = statSync(path);
    if (kinds === 'file' && found.isDirectory())
      context.error(at, 'missing-file', `"${path}" is a folder, where a file is needed`);
    if (kinds === 'folder' && !found.isDirectory())
      context.error(at, 'missing-file', `"${path}" is a file, where a folder is needed`);
  } catch (error) {
    context.error(at, 'missing-file', describeFileError(path, error), nearestFile(path));
  }
}

/** A hint that names the most similar entry of the folder the path points into. */
function nearestFile(path: string): string | undefined {
  const folder = dirname(path);
  try {
    const name = nearest(basename(path), readdirSync(folder));
    if (name !== undefined)
      return `did you mean "${folder === '.' && !path.startsWith('./') ? name : `${folder}/${name}`}"?`;
    return `"${folder}" holds no file of a similar name; relative paths start at ${process.cwd()}`;
  } catch {
    return `there is no folder "${folder}"; relative paths start at ${process.cwd()}`;
  }
}

interface ScriptFiles {
  readonly script?: string | undefined;
  readonly scripts?: readonly string[] | undefined;
}

/** Reports scripts that are not there. */
export function checkScripts(options: ScriptFiles, context: PrepareContext): void {
  if (options.script) checkLocalPath(options.script, ['script'], context, 'file');
  options.scripts?.forEach((path, index) => {
    checkLocalPath(path, ['scripts', index], context, 'file');
  });
}

export function scriptsOf(options: ScriptFiles): readonly string[] {
  return options.script ? [options.script] : (options.scripts ?? []);
}
