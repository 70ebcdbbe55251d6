import type { Piece } from './template.ts';

/** `<<-`: takes from every line the indentation they have in common; blank lines do not count. */
export function stripIndentation(pieces: readonly Piece[]): void {
  const starts: (Piece & { kind: 'text' })[] = [];
  let common = Number.POSITIVE_INFINITY;
  let atLineStart = true;
  for (const piece of pieces) {
    if (atLineStart) {
      atLineStart = false;
      if (piece.kind !== 'text') common = 0;
      else {
        const rest = piece.text.trimStart();
        if (rest !== '' || !piece.text.endsWith('\n')) {
          common = Math.min(common, piece.text.length - rest.length);
          starts.push(piece);
        }
      }
    }
    if (piece.kind === 'text' && piece.text.endsWith('\n')) atLineStart = true;
  }
  if (common === 0 || common === Number.POSITIVE_INFINITY) return;
  for (const piece of starts) piece.text = piece.text.slice(common);
}
