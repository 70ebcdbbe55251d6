import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { SHORTEST_HIDDEN, textsIn, valuesWritten } from '../written-values.ts';
import type { Declaration } from './blocks/variables.ts';

/**
 * The texts that are written down for sensitive variables, also those that do not count: defaults that are replaced,
 * values in files with errors. They are to be kept out of excerpts, so only files that a finding points at are looked
 * through, as text: what is wrong with them may be just there.
 */
export function confidentialTexts(declarations: Iterable<Declaration>, diagnostics: readonly Diagnostic[]): string[] {
  const texts: string[] = [];
  const pointedAt = new Set(diagnostics.flatMap(({ span }) => (span ? [span.file.text] : [])));
  for (const { name, sensitive, default: fallback } of declarations) {
    if (!sensitive) continue;
    for (const text of pointedAt) texts.push(...valuesWritten(name, text));
    if (!fallback) continue;
    const { file, start, end } = fallback.expression.span;
    texts.push(...textsIn(file.text.slice(start, end)));
  }
  return [...new Set(texts.filter(text => text.length >= SHORTEST_HIDDEN))];
}
