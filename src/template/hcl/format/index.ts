import { type Diagnostic, hasErrors } from '../../../sdk/diagnostics.ts';
import type { SourceFile } from '../../../sdk/source.ts';
import { parseHcl } from '../syntax/index.ts';
import { alignColumns } from './columns.ts';
import { formatIndent } from './indent.ts';
import { toLines, toPieces } from './lines.ts';
import { formatSpaces } from './spaces.ts';

export type FormatResult = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/**
 * Formats HCL as `packer fmt` does, byte for byte: only blanks between tokens change. Line ends stay as they are, a
 * byte order mark goes. Gives the diagnostics instead when the text is not valid HCL.
 */
export function formatHcl(file: SourceFile): FormatResult {
  const { text } = file;
  const { tokens, diagnostics } = parseHcl(file);
  if (hasErrors(diagnostics)) return { diagnostics };
  const pieces = toPieces(text, tokens);
  const lines = toLines(pieces);
  formatIndent(lines);
  formatSpaces(lines);
  alignColumns(lines);
  let output = '';
  for (const piece of pieces) output += piece.spaces === 0 ? piece.text : ' '.repeat(piece.spaces) + piece.text;
  return { text: output };
}
