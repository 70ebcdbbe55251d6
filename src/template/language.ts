import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HclLoadOptions } from './hcl/index.ts';
import type { JsonLoadOptions } from './json/load.ts';

/** What loading a template of either language may need; parts for the other language are ignored. */
export type TemplateOptions = JsonLoadOptions & HclLoadOptions;

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
