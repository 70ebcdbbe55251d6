import { rawByte } from '../bytes.ts';

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

export function isPrintable(char: string): boolean {
  return PRINTABLE.test(char);
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

function escapeChar(char: string, quote: string, asciiOnly: boolean): string {
  if (char === quote) return `\\${quote}`;
  const simple = ESCAPES[char];
  if (simple !== undefined) return simple;
  const code = char.codePointAt(0) ?? 0;
  const byte = rawByte(code);
  if (byte !== undefined) return `\\x${hex(byte, 2)}`;
  if (asciiOnly ? code < 0x7f && code >= 0x20 : isPrintable(char)) return char;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (code >= 0xd800 && code <= 0xdfff) return asciiOnly ? '\\ufffd' : '\ufffd';
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** A Go string literal in double quotes (strconv.Quote, or QuoteToASCII). */
export function quoteText(text: string, asciiOnly = false): string {
  const special = asciiOnly ? /["\\]|[^ -~]/gu : /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;
  return `"${text.replace(special, char => escapeChar(char, '"', asciiOnly))}"`;
}

/** A Go character literal of a code point; impossible ones become U+FFFD. */
export function quoteRune(code: bigint, asciiOnly = false): string {
  const char = runeText(code);
  return `'${escapeChar(char, "'", asciiOnly)}'`;
}

/** The character of a code point, as %c prints it. */
export function runeText(code: bigint): string {
  if (code < 0n || code > 0x10ffffn || (code >= 0xd800n && code <= 0xdfffn)) return '\ufffd';
  return String.fromCodePoint(Number(code));
}

/** Whether a text can be a raw string: one line, no backquote, no control characters but the tab. */
export function canBackquote(text: string): boolean {
  return !/[\x00-\x08\x0a-\x1f\x7f`\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(
    text,
  );
}
