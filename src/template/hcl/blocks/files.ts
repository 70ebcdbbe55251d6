import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Diagnostic, errorAt, hasErrors } from '../../../sdk/diagnostics.ts';
import { describeFileError } from '../../../sdk/errors.ts';
import { parseJson } from '../../json/parse.ts';
import { readSource } from '../../json/read.ts';
import type { Body } from '../syntax/ast.ts';
import { parseHcl } from '../syntax/index.ts';
import { jsonBody } from '../syntax/json.ts';
import { compareText } from '../values/types.ts';

/** The parsed files of a template. */
export interface TemplateFiles {
  readonly bodies: readonly Body[];
  /** Absolute: what `file(...)` and other paths start from. */
  readonly dir: string;
  /** As path.root shows it. */
  readonly root: string;
  /** Variable files that are read without being named; only with a folder. */
  readonly autoVarFiles: readonly string[];
  /** Whether a single file was given that has others beside it, which may belong to it. */
  hasNeighbours(): boolean;
}

export interface FileOptions {
  readonly cwd: string;
  readonly stdin?: (() => Promise<Buffer>) | undefined;
}

/** Reads and parses a file, a folder's *.pkr.hcl and *.pkr.json, or standard input (`-`). */
export async function readTemplateFiles(
  path: string,
  options: FileOptions,
  diagnostics: Diagnostic[],
): Promise<TemplateFiles> {
  const absolute = resolve(options.cwd, path);
  const folder = path !== '-' && isFolder(absolute);
  const names = folder ? listFolder(absolute, path, diagnostics) : [];
  const paths = folder ? ['.pkr.hcl', '.pkr.json'].flatMap(suffix => withSuffix(names, suffix, path)) : [path];
  if (folder && paths.length === 0 && !hasErrors(diagnostics)) {
    diagnostics.push(
      errorAt(undefined, 'no-template-files', `the folder "${path}" holds no template`, {
        hint: 'templates are files named *.pkr.hcl or *.pkr.json',
      }),
    );
  }
  const bodies: Body[] = [];
  for (const one of paths) bodies.push(...(await readBodies(one, options, diagnostics)));
  return {
    bodies,
    hasNeighbours: () => !folder && path !== '-' && neighbours(absolute) > 0,
    dir: folder ? absolute : path === '-' ? options.cwd : dirname(absolute),
    root: folder ? trimSlash(path) : path === '-' ? '.' : trimSlash(dirname(path)),
    autoVarFiles: folder
      ? ['.auto.pkrvars.hcl', '.auto.pkrvars.json'].flatMap(suffix => withSuffix(names, suffix, path))
      : [],
  };
}

function trimSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

function listFolder(absolute: string, path: string, diagnostics: Diagnostic[]): string[] {
  try {
    return readdirSync(absolute, { withFileTypes: true })
      .filter(entry => !entry.isDirectory())
      .map(entry => entry.name)
      .sort(compareText);
  } catch (error) {
    diagnostics.push(
      errorAt(undefined, 'unreadable-file', `the template cannot be read: ${describeFileError(path, error)}`),
    );
    return [];
  }
}

function withSuffix(names: readonly string[], suffix: string, folder: string): string[] {
  return names.filter(name => name.endsWith(suffix)).map(name => join(folder, name));
}

/** One body, or in JSON as many as a list has objects. */
async function readBodies(path: string, options: FileOptions, diagnostics: Diagnostic[]): Promise<Body[]> {
  const { source, diagnostics: unreadable } = await readSource(path, { cwd: options.cwd, stdin: options.stdin });
  diagnostics.push(...unreadable);
  if (!source) return [];
  if (!basename(path).endsWith('.json')) {
    const parsed = parseHcl(source);
    diagnostics.push(...parsed.diagnostics);
    return [parsed.body];
  }
  const { root, diagnostics: syntax } = parseJson(source);
  diagnostics.push(...syntax);
  if (!root) return [];
  return (root.kind === 'array' ? root.items : [root]).flatMap(one => {
    if (one.kind === 'object') return [jsonBody(one)];
    diagnostics.push(
      errorAt(one.span, 'wrong-type', 'a template in JSON is an object', {
        hint: 'write {"source": {...}, "build": {...}}',
      }),
    );
    return [];
  });
}

function neighbours(path: string): number {
  try {
    return readdirSync(dirname(path)).filter(name => /\.pkr\.(?:hcl|json)$/.test(name) && name !== basename(path))
      .length;
  } catch {
    return 0;
  }
}
