import { type Diagnostic, hasErrors } from '../../sdk/diagnostics.ts';
import type { ConfigNode } from '../../sdk/node.ts';
import type { SourceFile } from '../../sdk/source.ts';
import { checkTemplate } from './check.ts';
import { findDuplicateKeys } from './duplicates.ts';
import { parseJson } from './parse.ts';
import type { RawTemplate } from './raw.ts';
import { decodeRoot } from './root.ts';

export interface ParsedTemplate {
  /** Absent when the text is no JSON, or no object. */
  readonly raw?: RawTemplate;
  /** The document as far as it could be read, also of a text with errors. */
  readonly root?: ConfigNode;
  readonly diagnostics: readonly Diagnostic[];
}

/** Packer's "parse" phase, which `validate -syntax-only` stops after: syntax, duplicate keys, the root and all common keys. */
export function parseTemplate(source: SourceFile): ParsedTemplate {
  const { root, diagnostics } = parseJson(source);
  if (!root || hasErrors(diagnostics)) return { ...(root && { root }), diagnostics };
  const decoded = decodeRoot(root);
  return { ...decoded, root, diagnostics: [...findDuplicateKeys(root), ...decoded.diagnostics] };
}

/** The "parse" and "template validate" phases: what can be said without values for the variables. */
export function checkTemplateText(source: SourceFile): readonly Diagnostic[] {
  const { raw, diagnostics } = parseTemplate(source);
  return raw ? [...diagnostics, ...checkTemplate(raw)] : diagnostics;
}
