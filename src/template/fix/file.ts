import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import type { SourceFile } from '../../sdk/source.ts';
import { parseJson } from '../json/parse.ts';
import { readSource } from '../json/read.ts';
import { fixTemplate } from './fix.ts';
import { fixedText } from './print.ts';

export interface FixedFile {
  /** The fixed template as a file holds it; `packer fix` prints an empty line after it. Absent when it cannot be fixed. */
  readonly text?: string;
  /** The file says something else, or says it in another layout. */
  readonly changed: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export interface FixFileOptions {
  readonly stdin?: () => Promise<Buffer>;
  readonly cwd?: string;
}

/** Fixes a JSON template; nothing is written. Keys that stand twice are no obstacle, as in Packer: the last one counts. */
export async function fixFile(path: string, options: FixFileOptions = {}): Promise<FixedFile> {
  if (/\.hcl$|\.pkr\.json$/.test(path)) {
    const hint = 'HCL2 templates have nothing to fix: run kiln fmt and kiln validate';
    return {
      changed: false,
      diagnostics: [errorAt(undefined, 'hcl-only', `fix knows JSON templates only, not "${path}"`, { hint })],
    };
  }
  const { source, bom, diagnostics } = await readSource(path, options);
  if (!source) return { changed: false, diagnostics };
  const fixed = fixText(source);
  return { ...fixed, changed: fixed.changed || (bom && fixed.text !== undefined) };
}

/** The same for a text that is already read. */
export function fixText(source: SourceFile): FixedFile {
  const { root, diagnostics } = parseJson(source);
  if (!root || diagnostics.length > 0) return { changed: false, diagnostics };
  const fixed = fixTemplate(root);
  if (!fixed.document) return { changed: false, diagnostics: fixed.diagnostics };
  const text = fixedText(fixed.document);
  return { text, changed: text !== source.text, diagnostics: fixed.diagnostics };
}
