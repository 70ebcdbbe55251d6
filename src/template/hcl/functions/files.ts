import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { posix, resolve } from 'node:path';
import { describeFileError } from '../../../sdk/errors.ts';
import { LARGEST_FILE, readLimited } from '../../json/read.ts';
import { globToRegExp } from '../glob.ts';
import { BOOL, STRING, setOf } from '../values/types.ts';
import { bool, set, string, type Value } from '../values/value.ts';
import type { FunctionContext } from './context.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { define, text, textAt } from './define.ts';
import { utf8 } from './encoding.ts';

/** Reads a file for an argument of a function; endless devices and disk images are refused. */
export function readBytes(path: string, argument: number): Buffer {
  let bytes: Buffer | undefined;
  try {
    bytes = readLimited(path);
  } catch (error) {
    throw new FunctionError(describeFileError(path, error), argument);
  }
  if (bytes) return bytes;
  throw new FunctionError(`"${path}" is larger than ${LARGEST_FILE / 1024 / 1024} MiB`, argument);
}

/** `~` and `~/...` in the user's home folder. */
export function expandHome(path: string, env: FunctionContext['env']): string {
  if (path !== '~' && !path.startsWith('~/')) {
    if (path.startsWith('~')) throw new FunctionError("only the user's own home folder can be written with ~", 0);
    return path;
  }
  return posix.join(env['HOME'] || homedir(), path.slice(1));
}

/** Paths of all regular files below a folder, relative to it; links are followed once per folder. */
function filesBelow(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    if (depth > 100) return;
    for (const entry of readdirSync(resolve(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      const kind = entry.isSymbolicLink() ? statSync(resolve(root, path), { throwIfNoEntry: false }) : entry;
      if (kind?.isFile()) found.push(path);
      else if (kind?.isDirectory() && !entry.isSymbolicLink()) walk(path, depth + 1);
    }
  };
  walk('', 0);
  return found;
}

export function fileFunctions({ cwd, templateDir, env }: FunctionContext): Readonly<Record<string, HclFunction>> {
  const inTemplate = (args: readonly Value[]): string => resolve(templateDir, expandHome(textAt(args, 0), env));
  const exists = (args: readonly Value[]): boolean => {
    const path = inTemplate(args);
    try {
      const found = statSync(path, { throwIfNoEntry: false });
      if (!found) return false;
      if (found.isFile()) return true;
    } catch (error) {
      throw new FunctionError(describeFileError(path, error), 0);
    }
    throw new FunctionError(`"${path}" is not a regular file`, 0);
  };
  const fileset = (args: readonly Value[]): Value => {
    const pattern = globToRegExp(textAt(args, 1), { paths: true });
    if (!pattern) throw new FunctionError('the pattern has a bracket without its counterpart', 1);
    const root = inTemplate(args);
    try {
      return set(
        STRING,
        filesBelow(root)
          .filter(path => pattern.test(path))
          .map(string),
      );
    } catch (error) {
      throw new FunctionError(describeFileError(root, error), 0);
    }
  };
  const path = [text('path')];
  return {
    abspath: define(path, STRING, args => string(resolve(cwd, textAt(args, 0)))),
    basename: define(path, STRING, args => string(baseOf(textAt(args, 0)))),
    dirname: define(path, STRING, args => string(folderOf(textAt(args, 0)))),
    file: define(path, STRING, args =>
      string(utf8(readBytes(inTemplate(args), 0), 0, `the file "${textAt(args, 0)}"`)),
    ),
    filebase64: define(path, STRING, args =>
      string(readBytes(resolve(cwd, expandHome(textAt(args, 0), env)), 0).toString('base64')),
    ),
    fileexists: define(path, BOOL, args => bool(exists(args))),
    fileset: define([text('path'), text('pattern')], setOf(STRING), fileset),
    pathexpand: define(path, STRING, args => string(expandHome(textAt(args, 0), env))),
  };
}

/** All before the last slash, so that `a/b/` lies in `a/b`. */
function folderOf(path: string): string {
  const folder = posix.normalize(path.slice(0, path.lastIndexOf('/') + 1));
  return folder.length > 1 && folder.endsWith('/') ? folder.slice(0, -1) : folder;
}

function baseOf(path: string): string {
  if (path === '') return '.';
  return posix.basename(path) || '/';
}
