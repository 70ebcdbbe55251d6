import type { TokenKind } from '../syntax/tokens.ts';
import { bracketChange, type Line, type Piece } from './lines.ts';

/** Sets the blanks between the tokens of each cell: one or none, by the tokens on either side. */
export function formatSpaces(lines: readonly Line[]): void {
  for (const line of lines) {
    spaceOut(line.lead);
    const equals = line.assign[0];
    if (equals) equals.spaces = 1;
    spaceOut(line.assign);
  }
}

function spaceOut(pieces: readonly Piece[]): void {
  for (let index = 0; index + 1 < pieces.length; index++) {
    const subject = pieces[index];
    const after = pieces[index + 1];
    if (subject && after) after.spaces = spaceBetween(pieces[index - 1], subject, after) ? 1 : 0;
  }
}

const TEXT: ReadonlySet<TokenKind> = new Set(['quoted-text', 'heredoc-text']);

/** After one of these a minus is a sign, not a subtraction. */
const BEFORE_SIGN: ReadonlySet<TokenKind> = new Set([
  '(',
  '{',
  '[',
  '=',
  ':',
  ',',
  '?',
  '+',
  '*',
  '/',
  '%',
  '-',
  '==',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  '&&',
  '||',
  '!',
]);

/** Whether a blank stands between two tokens. The order of the rules matters: the first that fits decides. */
function spaceBetween(before: Piece | undefined, subject: Piece, after: Piece): boolean {
  const left = subject.token.kind;
  const right = after.token.kind;
  if (right === 'newline' || right === 'end') return false;
  if (left === 'identifier' && right === '(') return false;
  if ((left === 'identifier' && right === '::') || (left === '::' && right === 'identifier')) return false;
  // Closed up, the two indices of `a.0. 1` would become the number 0.1.
  if (left === '.' && right === 'number' && before?.token.kind === 'number') return true;
  if (left === '.' || right === '.') return false;
  if (right === ',' || right === '...') return false;
  if (left === ',') return true;
  if (TEXT.has(left) || left === 'open-quote' || left === 'open-heredoc') return false;
  if (TEXT.has(right) || right === 'close-quote' || right === 'close-heredoc') return false;
  // `in` of a for expression, which would else look like an indexed name: [for x in [1]: x].
  if (left === 'identifier' && subject.text === 'in' && before?.token.kind === 'identifier') return true;
  if (right === '[' && (left === 'identifier' || left === 'number' || bracketChange(subject) < 0)) return false;
  if (left === '!') return false;
  if (left === '-') return before !== undefined && !BEFORE_SIGN.has(before.token.kind);
  if (left === '{' || right === '}') return !(left === '{' && right === '}');
  if ((left === 'interpolation' || left === 'directive') && right === '{') return true;
  if (left === '}' && right === 'template-end') return true;
  if (left === 'template-end' && (right === 'interpolation' || right === 'directive')) return false;
  return bracketChange(subject) <= 0 && bracketChange(after) >= 0;
}
