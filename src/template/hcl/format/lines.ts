import type { Token } from '../syntax/tokens.ts';

/** A token with the number of blanks to write before it: the only thing formatting changes. */
export interface Piece {
  readonly token: Token;
  readonly text: string;
  spaces: number;
}

/** One line of output in up to three cells: `lead`, ` = value`, ` # comment`. A heredoc belongs to the line it starts on. */
export interface Line {
  lead: Piece[];
  assign: Piece[];
  comment: Piece[];
}

const OPENING: ReadonlySet<string> = new Set(['{', '[', '(', 'interpolation', 'directive']);
const CLOSING: ReadonlySet<string> = new Set(['}', ']', ')', 'template-end']);

/** +1 for what opens a bracket, -1 for what closes one, else 0. */
export function bracketChange(piece: Piece): number {
  if (OPENING.has(piece.token.kind)) return 1;
  return CLOSING.has(piece.token.kind) ? -1 : 0;
}

function netBrackets(pieces: readonly Piece[]): number {
  let net = 0;
  for (const piece of pieces) net += bracketChange(piece);
  return net;
}

/** The same up to where a heredoc begins: what stands in one does not indent the lines after it. */
export function netBracketsBeforeHeredoc(pieces: readonly Piece[]): number {
  const heredoc = pieces.findIndex(piece => piece.token.kind === 'open-heredoc');
  return netBrackets(heredoc < 0 ? pieces : pieces.slice(0, heredoc));
}

/** Pairs every token with its text and the blanks that stand before it now. */
export function toPieces(text: string, tokens: readonly Token[]): Piece[] {
  let lastEnd = 0;
  return tokens.map(token => {
    const piece = { token, text: text.slice(token.start, token.end), spaces: token.start - lastEnd };
    lastEnd = token.end;
    return piece;
  });
}

function endsLine(piece: Piece): boolean {
  return piece.token.kind === 'newline' || (piece.token.kind === 'comment' && piece.text.endsWith('\n'));
}

/** Splits into lines, and each line into its cells. */
export function toLines(pieces: readonly Piece[]): Line[] {
  const lines: Line[] = [];
  let lead: Piece[] = [];
  const flush = (): void => {
    lines.push(toCells(lead));
    lead = [];
  };
  for (const piece of pieces) {
    // Blanks at the very end of the file stay as they are.
    if (piece.token.kind === 'end') break;
    lead.push(piece);
    if (endsLine(piece)) flush();
  }
  flush();
  return lines;
}

function toCells(all: Piece[]): Line {
  let lead = all;
  let comment: Piece[] = [];
  let assign: Piece[] = [];
  const last = lead[lead.length - 1];
  if (lead.length > 1 && last?.token.kind === 'comment') {
    comment = [last];
    lead = lead.slice(0, -1);
  }
  const equals = lead.findIndex((piece, index) => index > 0 && piece.token.kind === '=');
  // A value that goes on over further lines is not aligned with its neighbours.
  if (equals > 0 && netBrackets(lead.slice(equals)) === 0) {
    assign = lead.slice(equals);
    lead = lead.slice(0, equals);
  }
  return { lead, assign, comment };
}
