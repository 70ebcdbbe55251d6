import type { Complaints } from './complaints.ts';
import { shown } from './quote.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const LONE_SURROGATE = /\p{Surrogate}/gu;

const PLAIN = /[^"\\\u0000-\u001f]*/y;

interface StringToken {
  /** What the string says, escapes undone; lone surrogates become U+FFFD, as Go reads them. */
  readonly value: string;
  readonly end: number;
}

/** Reads the string whose opening quote is at `start`, telling of what is wrong in it. */
export function readString(complaints: Complaints, start: number): StringToken {
  const { text } = complaints.file;
  let at = start + 1;
  let value = '';
  let escaped = false;
  let told = false;
  let closedBelow = -1;
  for (;;) {
    PLAIN.lastIndex = at;
    PLAIN.exec(text);
    const stop = PLAIN.lastIndex;
    value = at === start + 1 ? text.slice(at, stop) : value + text.slice(at, stop);
    at = stop;
    const char = text.charAt(at);
    if (char === '"') return { value: escaped ? value.replace(LONE_SURROGATE, '\ufffd') : value, end: at + 1 };
    if (char === '\\') {
      const decoded = readEscape(complaints, at);
      value += decoded.value;
      at = decoded.end;
      escaped = true;
    } else if (char === '') {
      return unclosed(complaints, start, at);
    } else if (char === '\n' || char === '\r') {
      if (at >= closedBelow) {
        closedBelow = closedFurtherDown(text, at);
        if (closedBelow < 0) return unclosed(complaints, start, at);
      }
      const end = char === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1;
      if (!told)
        complaints.add(at, at, 'control-character', 'a string cannot go on in the next line', {
          hint: 'write the line break as \\n, or use a list of strings',
          notes: [{ message: 'the string begins here', span: complaints.span(start, start + 1) }],
        });
      told = true;
      value += '\n';
      at = end;
    } else {
      const name = char === '\t' ? 'a tab' : `the control character ${escapeOf(char)}`;
      if (!told)
        complaints.add(at, at + 1, 'control-character', `${name} cannot stand in a string as it is`, {
          hint: `write it as ${char === '\t' ? '\\t' : escapeOf(char)}`,
        });
      told = true;
      value += char;
      at++;
    }
  }
}

function escapeOf(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function readEscape(complaints: Complaints, at: number): StringToken {
  const { text } = complaints.file;
  const char = text.charAt(at + 1);
  const plain = ESCAPES[char];
  if (plain !== undefined) return { value: plain, end: at + 2 };
  if (char === 'u') {
    const digits = /^[0-9a-fA-F]{0,4}/.exec(text.slice(at + 2, at + 6))?.[0] ?? '';
    const end = at + 2 + digits.length;
    if (digits.length === 4) return { value: String.fromCharCode(Number.parseInt(digits, 16)), end };
    complaints.add(at, end, 'bad-escape', `\\u needs four hexadecimal digits, here are ${digits.length}`, {
      hint: 'write e.g. \\u00e9; for a backslash write \\\\',
    });
    return { value: '\ufffd', end };
  }
  // At the end of a line or file the missing quote is the greater trouble; the caller tells it.
  if (char === '' || char === '\n' || char === '\r') return { value: '\\', end: at + 1 };
  const length = char === 'x' ? 2 + (/^[0-9a-fA-F]{0,2}/.exec(text.slice(at + 2, at + 4))?.[0].length ?? 0) : 2;
  complaints.add(at, at + length, 'bad-escape', `JSON has no escape ${shown(text.slice(at, at + length))}`, {
    hint: char === "'" ? "write ' without a backslash" : 'for a backslash write \\\\',
  });
  return { value: char, end: at + 2 };
}

/**
 * Where the string that meets a line break at `at` is closed further below; -1 when its quote is rather missing here: then
 * the next quote opens another string, and is not followed by what may follow a closing one.
 */
function closedFurtherDown(text: string, at: number): number {
  const { at: after, closed } = skipToQuote(text, at, '"', text.length);
  return closed && /^[ \t]*(?:[,:\]}\r\n]|$)/.test(text.slice(after, after + 80)) ? after : -1;
}

/** A string without its closing quote ends with its line; a comma or bracket there most likely belongs outside. */
function unclosed(complaints: Complaints, start: number, lineEnd: number): StringToken {
  const { text } = complaints.file;
  let end = lineEnd;
  while (end > start + 1 && ' \t,]}'.includes(text.charAt(end - 1))) end--;
  complaints.add(start, end, 'unclosed-string', 'the closing quote of this string is missing', {
    hint: `a " belongs at the end: ${shown(text.slice(start, end))}"`,
  });
  return { value: text.slice(start + 1, end), end };
}

/** Finds the closing mark on the same line (or before `limit`), minding backslashes. */
export function skipToQuote(
  text: string,
  from: number,
  mark: string,
  limit = endOfLine(text, from),
): { at: number; closed: boolean } {
  for (let at = from; at < limit; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === mark) return { at: at + 1, closed: true };
  }
  return { at: limit, closed: false };
}

function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  const end = newline < 0 ? text.length : newline;
  return text[end - 1] === '\r' && end > from ? end - 1 : end;
}
