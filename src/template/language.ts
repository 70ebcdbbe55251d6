import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LoadOptions } from './model.ts';

export interface TemplateOptions extends LoadOptions {
  /** `-config-type`: what a file is whose name does not tell. */
  readonly configType?: 'json' | 'hcl2';
  /** Gives standard input, for the path `-`. */
  readonly stdin?: () => Promise<Buffer>;
}

/** HCL2 by its name (`.pkr.hcl`, `.pkr.json`) or as a folder; anything else is JSON, unless `-config-type` says otherwise. */
export function languageOf(path: string, options: Pick<TemplateOptions, 'configType' | 'cwd'>): 'json' | 'hcl2' {
  if (/\.pkr\.(?:hcl|json)$/.test(path)) return 'hcl2';
  if (path !== '-' && isFolder(resolve(options.cwd, path))) return 'hcl2';
  return options.configType ?? 'json';
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    // Reading it will say what is wrong.
    return false;
  }
}
