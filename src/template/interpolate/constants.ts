import type { NumberLiteral, TextLiteral } from './ast.ts';
import { shorten } from './faults.ts';
import { parseComplex, parseFloatLiteral, parseInteger, unquote } from './literals.ts';
import type { Token } from './token.ts';
import { fault } from './tokens.ts';

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;

/** The text of a quoted token. Throws a RenderError for a bad escape, at the escape. */
export function unquoted(token: Token, source: string): string {
  const result = unquote(source);
  if ('text' in result) return result.text;
  const start = token.start + result.at;
  const end = Math.min(start + result.length, token.end);
  throw fault(result.problem, { start, end }, 'in `backquotes` a \\ is just a \\');
}

export function textLiteral(token: Token, source: string): TextLiteral {
  return { kind: 'string', start: token.start, end: token.end, value: unquoted(token, source) };
}

/** A number, character or complex constant with all the kinds it can serve as. Throws a RenderError when it is none. */
export function numberLiteral(token: Token, text: string): NumberLiteral {
  const place = { kind: 'number', start: token.start, end: token.end, text } as const;
  if (token.kind === 'rune') return { ...place, ...runeParts(token, text) };
  const complex = parseComplex(text);
  if (complex) return { ...place, complex, ...(complex.im === 0 && floatParts(complex.re)) };
  const whole = parseInteger(text);
  if (whole !== undefined) {
    if (whole > UINT_MAX || whole < INT_MIN) throw fault(`${shorten(text)} does not fit into 64 bits`, token);
    // Go complains about those that only an unsigned number could hold when they are used.
    if (whole > INT_MAX) return { ...place, float: Number(whole) };
    return { ...place, int: whole, float: Number(whole) };
  }
  const float = parseFloatLiteral(text);
  // What looks like an integer but was none, such as 089, is not taken for a float.
  if (float === undefined || !/[.eEpP]/.test(text))
    throw fault(`"${shorten(text)}" is not a number`, token, 'text goes in backquotes: `text`');
  return { ...place, ...floatParts(float) };
}

function runeParts(token: Token, text: string): { int: bigint; float: number } {
  const result = unquote(text);
  if ('text' in result) {
    const [char, more] = result.text;
    if (char !== undefined && more === undefined) {
      const code = (char.codePointAt(0) ?? 0) - (result.bytes ? 0xdc00 : 0);
      return { int: BigInt(code), float: code };
    }
  }
  throw fault(
    `${shorten(text)} is not a single character`,
    token,
    `text goes in backquotes: \`${shorten(text.slice(1, -1))}\``,
  );
}

/** A float, which serves as an int too when it is whole. */
function floatParts(float: number): { float: number; int?: bigint } {
  const whole = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return whole ? { float, int: BigInt(float) } : { float };
}
