import { ComplexValue } from './values.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
const DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** What is wrong with a literal, and where inside it. */
export interface LiteralFault {
  readonly problem: string;
  readonly at: number;
  readonly length: number;
}

/** One escape sequence: what it stands for, and its length; raw bytes as their marks (bytes.ts). */
function readEscape(source: string, at: number, quote: string): { text: string; length: number } | LiteralFault {
  const kind = source[at + 1] ?? '';
  const simple = SIMPLE[kind] ?? (kind === quote ? quote : undefined);
  if (simple !== undefined) return { text: simple, length: 2 };
  const count = DIGITS[kind];
  if (count !== undefined) {
    const digits = source.slice(at + 2, at + 2 + count);
    const code = /^[0-9a-fA-F]+$/.test(digits) && digits.length === count ? Number.parseInt(digits, 16) : -1;
    if (code < 0) return { problem: `\\${kind} takes ${count} hexadecimal digits`, at, length: 2 };
    if (kind === 'x') return { text: byteText(code), length: 4 };
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      return { problem: `\\${kind}${digits} is not a character`, at, length: count + 2 };
    return { text: String.fromCodePoint(code), length: count + 2 };
  }
  if (/[0-7]/.test(kind)) {
    const digits = source.slice(at + 1, at + 4);
    if (!/^[0-3][0-7]{2}$/.test(digits)) return { problem: 'an octal escape is \\000 to \\377', at, length: 2 };
    return { text: byteText(Number.parseInt(digits, 8)), length: 4 };
  }
  return { problem: `\\${kind} is not an escape sequence`, at, length: 2 };
}

function byteText(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
}

/** The text of a Go string or character literal, quotes included. `bytes` tells whether raw bytes came in. */
export function unquote(source: string): { readonly text: string; readonly bytes: boolean } | LiteralFault {
  const quote = source[0] ?? '';
  // Go drops carriage returns from raw strings.
  if (quote === '`') return { text: source.slice(1, -1).replaceAll('\r', ''), bytes: false };
  let text = '';
  let bytes = false;
  let from = 1;
  for (let at = source.indexOf('\\', 1); at >= 0 && at < source.length - 1; at = source.indexOf('\\', from)) {
    const part = readEscape(source, at, quote);
    if ('problem' in part) return part;
    text += source.slice(from, at) + part.text;
    bytes ||= /[\udc80-\udcff]/.test(part.text) && part.text.length === 1;
    from = at + part.length;
  }
  return { text: text + source.slice(from, -1), bytes };
}

/** Underscores only between digits, or between a base prefix and a digit. */
function underscoresFit(text: string): boolean {
  if (!text.includes('_')) return true;
  const digits = text.replace(/^[+-]?(?:0[xXoObB])?/, prefix => (prefix.length > 1 ? '0' : ''));
  const digit = /^[+-]?0[xX]/.test(text) ? /[0-9a-fA-F]/ : /[0-9]/;
  for (let at = digits.indexOf('_'); at >= 0; at = digits.indexOf('_', at + 1))
    if (!digit.test(digits[at - 1] ?? '') || !digit.test(digits[at + 1] ?? '')) return false;
  return true;
}

/** A whole number in Go's notation (sign, 0x 0o 0b or leading 0 as octal, underscores); undefined when it is none. */
export function parseInteger(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|0[0-7_]*|[1-9][0-9_]*)$/.exec(text);
  if (!match || !underscoresFit(text)) return undefined;
  const digits = (match[2] ?? '').replaceAll('_', '');
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits}` : digits.toLowerCase());
  return match[1] === '-' ? -value : value;
}

/** A float in Go's notation, decimal or hexadecimal; undefined when it is none or too large. */
export function parseFloatLiteral(text: string): number | undefined {
  if (!underscoresFit(text)) return undefined;
  const plain = text.replaceAll('_', '');
  if (/^[+-]?0[xX]/.test(plain)) return hexFloat(plain);
  if (!/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

function hexFloat(text: string): number | undefined {
  const match = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  if (whole + fraction === '' || fraction.length > 1000 || whole.length > 1000) return undefined;
  let exponent = Number(power) - 4 * fraction.length;
  let value = Number(BigInt(`0x0${whole}${fraction}`));
  // In two steps, so that neither 2 ** exponent leaves the range of a double on its own.
  for (; exponent > 1000; exponent -= 1000) value *= 2 ** 1000;
  for (; exponent < -1000 && value !== 0; exponent += 1000) value *= 2 ** -1000;
  value *= 2 ** exponent;
  return Number.isFinite(value) ? (sign === '-' ? -value : value) : undefined;
}

/** An imaginary or complex literal such as `2i` or `1+2i`. */
export function parseComplex(text: string): ComplexValue | undefined {
  if (!text.endsWith('i')) return undefined;
  const body = text.slice(0, -1);
  const split = /^(.*[0-9a-fA-F.])([+-][^+-]*)$/.exec(body);
  const whole = split && !/[eEpP]$/.test(split[1] ?? '') ? split[1] : undefined;
  const re = whole === undefined ? 0 : parsePart(whole);
  const im = parsePart(whole === undefined ? body : (split?.[2] ?? ''));
  return re === undefined || im === undefined ? undefined : new ComplexValue(re, im);
}

function parsePart(text: string): number | undefined {
  return parseFloatLiteral(text) ?? (/^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined);
}
