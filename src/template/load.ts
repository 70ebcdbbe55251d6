import { loadJsonTemplate } from './json/load.ts';
import { readSource } from './json/read.ts';
import { languageOf, type TemplateOptions } from './language.ts';
import type { LoadResult } from './model.ts';

export { checkTemplateText } from './json/template.ts';
export type { TemplateOptions } from './language.ts';

/** Loads a template of either language from a file, a folder (HCL2) or standard input (`-`). Never throws for what the user wrote. */
export async function loadTemplate(path: string, options: TemplateOptions): Promise<LoadResult> {
  if (languageOf(path, options) === 'hcl2') {
    const { loadHclTemplate } = await import('./hcl/index.ts');
    return loadHclTemplate(path, options);
  }
  const { source, diagnostics } = await readSource(path, { stdin: options.stdin, cwd: options.cwd });
  return source ? loadJsonTemplate(source, options) : { diagnostics };
}
