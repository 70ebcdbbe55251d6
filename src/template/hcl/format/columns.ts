import type { Line, Piece } from './lines.ts';

/** Lines up `=` of neighbouring lines, then their comments. */
export function alignColumns(lines: readonly Line[]): void {
  align(
    lines,
    line => line.assign[0],
    line => columns(line.lead),
  );
  align(
    lines,
    line => line.comment[0],
    line => columns(line.lead) + columns(line.assign),
  );
}

function align(lines: readonly Line[], cell: (line: Line) => Piece | undefined, width: (line: Line) => number): void {
  let chain: { piece: Piece; width: number }[] = [];
  const close = (): void => {
    let widest = 0;
    for (const one of chain) widest = Math.max(widest, one.width);
    for (const one of chain) one.piece.spaces = widest - one.width + 1;
    chain = [];
  };
  for (const line of lines) {
    const piece = cell(line);
    if (piece) chain.push({ piece, width: width(line) });
    else close();
  }
  close();
}

function columns(pieces: readonly Piece[]): number {
  let total = 0;
  for (const piece of pieces) total += piece.spaces + width(piece.text);
  return total;
}

let segmenter: Intl.Segmenter | undefined;

/** Grapheme clusters of a text: what a reader takes for one character counts once. */
function width(text: string): number {
  // CR and LF together are one cluster, too.
  if (!/[^\x20-\x7e\t\n]/.test(text)) return text.length;
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  let count = 0;
  for (const _ of segmenter.segment(text)) count++;
  return count;
}
