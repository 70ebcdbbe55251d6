import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeFileError, KilnError } from '../sdk/errors.ts';

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
 * The files that `fmt` is asked to look at. A file named on the command line is always one; of a folder, only what is a
 * template or a var-file: `*.pkr.hcl`, `*.pkrvars.hcl`, and those JSON files that are Packer's by name or content, so
 * that a package.json beside them is left alone. Throws KilnError.
 */
export function formatTargets(paths: readonly string[], recursive: boolean): FormatTarget[] {
  return paths.flatMap(path => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) throw new KilnError(describeFileError(path, { code: 'ENOENT' }));
    if (stat.isDirectory()) return inFolder(path, recursive);
    const language = languageOf(path);
    if (language) return [{ path, language }];
    throw new KilnError(`"${path}" is no template: kiln formats .json, .pkr.hcl and .pkrvars.hcl files`);
  });
}

export function languageOf(path: string): FormatLanguage | undefined {
  if (/\.hcl$/.test(path)) return 'hcl';
  return JSON_FILE.test(path) ? 'json' : undefined;
}

function inFolder(folder: string, recursive: boolean): FormatTarget[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry): FormatTarget[] => {
    const path = join(folder, entry.name);
    // Packer's rule: hidden files and editors' copies are left alone.
    if (
      entry.name.startsWith('.') ||
      entry.name.endsWith('~') ||
      (entry.name.startsWith('#') && entry.name.endsWith('#'))
    )
      return [];
    if (entry.isDirectory()) return recursive && entry.name !== 'node_modules' ? inFolder(path, recursive) : [];
    if (HCL_FILE.test(entry.name)) return [{ path, language: 'hcl' }];
    return JSON_FILE.test(entry.name) && isPackerJson(path, entry.name) ? [{ path, language: 'json' }] : [];
  });
}

function isPackerJson(path: string, name: string): boolean {
  if (SURE_JSON.test(name)) return true;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return false;
  }
  if (/"builders"\s*:/i.test(text)) return true;
  // A var-file: named so, and nothing but strings in one flat object.
  return (
    /vars?[.-]|[.-]vars?\b|variables/.test(name) &&
    /^\uFEFF?\s*\{(\s*"(?:[^"\\]|\\.)*"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?)*\s*\}\s*$/.test(text)
  );
}
