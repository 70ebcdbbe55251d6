import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Diagnostic, errorAt, warningAt } from '../sdk/diagnostics.ts';
import { describeFileError, systemCode } from '../sdk/errors.ts';

export type FormatLanguage = 'json' | 'hcl';

export interface FormatTarget {
  readonly path: string;
  readonly language: FormatLanguage;
}

const HCL_FILE = /\.(pkr|pkrvars)\.hcl$/;
const JSON_FILE = /\.json$/;
/** Names that hold HCL's JSON syntax or plain variable values for sure. */
const SURE_JSON = /\.(pkr|pkrvars)\.json$/;

/**
 * The files that `fmt` is asked to look at, each once. A file named on the command line is always one; of a folder, only
 * what is a template or a var-file: `*.pkr.hcl`, `*.pkrvars.hcl`, and those JSON files that are Packer's by name or
 * content, so that a package.json beside them is left alone. What cannot be looked at is reported in `found`.
 */
export function formatTargets(paths: readonly string[], recursive: boolean, found: Diagnostic[]): FormatTarget[] {
  const targets = new Map<string, FormatTarget>();
  for (const path of paths)
    for (const target of targetsOf(path, recursive, found)) {
      const key = resolve(target.path);
      if (!targets.has(key)) targets.set(key, target);
    }
  return [...targets.values()];
}

function targetsOf(path: string, recursive: boolean, found: Diagnostic[]): FormatTarget[] {
  try {
    if (statSync(path).isDirectory()) return inFolder(path, recursive, found);
  } catch (error) {
    found.push(errorAt(undefined, 'unreadable-file', describeFileError(path, error)));
    return [];
  }
  const language = languageOf(path);
  if (language) return [{ path, language }];
  const message = `"${path}" is no template: kiln formats .json, .pkr.hcl and .pkrvars.hcl files`;
  found.push(errorAt(undefined, 'no-template', message));
  return [];
}

export function languageOf(path: string): FormatLanguage | undefined {
  if (/\.hcl$/.test(path)) return 'hcl';
  return JSON_FILE.test(path) ? 'json' : undefined;
}

function inFolder(folder: string, recursive: boolean, found: Diagnostic[]): FormatTarget[] {
  return entriesOf(folder, found).flatMap((entry): FormatTarget[] => {
    const path = join(folder, entry.name);
    // Packer's rule: hidden files and editors' copies are left alone.
    if (
      entry.name.startsWith('.') ||
      entry.name.endsWith('~') ||
      (entry.name.startsWith('#') && entry.name.endsWith('#'))
    )
      return [];
    if (entry.isDirectory()) return recursive && entry.name !== 'node_modules' ? inFolder(path, recursive, found) : [];
    // Reading a pipe would wait for ever.
    if (!entry.isFile() && !entry.isSymbolicLink()) return [];
    if (HCL_FILE.test(entry.name)) return [{ path, language: 'hcl' }];
    return JSON_FILE.test(entry.name) && isPackerJson(path, entry.name, found) ? [{ path, language: 'json' }] : [];
  });
}

function entriesOf(folder: string, found: Diagnostic[]): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    found.push(errorAt(undefined, 'unreadable-file', describeFileError(folder, error)));
    return [];
  }
}

function isPackerJson(path: string, name: string, found: Diagnostic[]): boolean {
  if (SURE_JSON.test(name)) return true;
  let text: string;
  try {
    if (!statSync(path).isFile()) return false;
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // It may be no template at all, so no error; and a link to nowhere is nobody's template.
    if (systemCode(error) !== 'ENOENT')
      found.push(warningAt(undefined, 'unreadable-file', `${describeFileError(path, error)}; it is left out`));
    return false;
  }
  if (/"builders"\s*:/i.test(text)) return true;
  // A var-file: named so, and nothing but strings in one flat object.
  return (
    /vars?[.-]|[.-]vars?\b|variables/.test(name) &&
    /^\uFEFF?\s*\{(\s*"(?:[^"\\]|\\.)*"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?)*\s*\}\s*$/.test(text)
  );
}
