import type { Cursor } from './cursor.ts';

/** `$${` and `%%{` (after any number of further signs) stand for `${` and `%{`. */
export function unescapeSigns(raw: string): string {
  return raw.includes('{') ? raw.replace(/([$%])\1\{/g, '$1{') : raw;
}

/** The text of a piece of a quoted string. Bad escapes are reported at their place and left as they stand. */
export function unescapeQuoted(cursor: Cursor, raw: string, offset: number): string {
  if (!raw.includes('\\')) return unescapeSigns(raw);
  return raw.replace(
    /\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S]?)|([$%])\2\{/gu,
    (whole: string, body: string | undefined, sign: string | undefined, at: number) => {
      if (body === undefined) return `${sign ?? ''}{`;
      const plain = PLAIN[body];
      if (plain !== undefined) return plain;
      if (body.length > 2) {
        const code = Number.parseInt(body.slice(1), 16);
        if (code <= 0x10ffff) return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
        reportEscape(cursor, offset + at, whole, 'there is no such Unicode character');
        return '\ufffd';
      }
      reportEscape(cursor, offset + at, whole, adviceFor(body));
      return whole;
    },
  );
}

const PLAIN: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

function reportEscape(cursor: Cursor, start: number, text: string, hint: string): void {
  cursor.report(cursor.span(start, start + text.length), 'invalid-escape', `"${text}" is not an escape sequence`, {
    hint,
  });
}

function adviceFor(letter: string): string {
  if (letter === '$' || letter === '%')
    return `write ${letter}${letter}{ for the plain characters ${letter}{; a lone ${letter} needs no escape`;
  if (letter === 'u') return 'write \\u and four hexadecimal digits';
  if (letter === 'U') return 'write \\U and eight hexadecimal digits';
  if (letter === "'") return "write ' without the backslash";
  return 'write \\\\ for a backslash; the escapes are \\n \\r \\t \\" \\\\ \\uXXXX \\UXXXXXXXX';
}
