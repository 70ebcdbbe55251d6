import { toText } from '../values/number.ts';
import type { Value } from '../values/value.ts';

/** Columns after which quoted text goes on in a new line, at its next blank. */
const WIDTH = 80;
/** Longer keys, and those of several lines, are written behind "? ". */
const LONGEST_KEY = 128;

/** YAML as HCL's own encoder writes it: block style, keys and text in double quotes, several lines as literal blocks. */
export function writeYaml(value: Value): string {
  if (value.kind === 'string') return writeText(value.text, '  ', 0).slice(1);
  // A bare word at the end of the document needs a mark that it is over.
  const mark = value.kind === 'number' || value.kind === 'bool' || value.kind === 'null' ? '...\n' : '';
  return write(value, '').slice(1) + mark;
}

/** What follows "-" or "key:", with the blank or line end that separates it. */
function write(value: Value, indent: string): string {
  if (value.kind === 'sequence') {
    if (value.items.length === 0) return ' []\n';
    return `\n${value.items.map(item => `${indent}-${writeItem(item, `${indent}  `)}`).join('')}`;
  }
  if (value.kind === 'mapping') {
    if (value.entries.size === 0) return ' {}\n';
    return `\n${[...value.entries].map(([key, item]) => writeMember(key, item, indent)).join('')}`;
  }
  if (value.kind === 'number') return ` ${toText(value.number)}\n`;
  return ` ${value.kind === 'bool' ? value.flag : 'null'}\n`;
}

function writeMember(key: string, item: Value, indent: string): string {
  const inner = `${indent}  `;
  if (key.includes('\n') || Buffer.byteLength(key) > LONGEST_KEY) {
    return `${indent}?${writeText(key, inner, indent.length + 2)}${indent}:${writeItem(item, inner)}`;
  }
  const quoted = `${indent}${quote(key)}:`;
  if (item.kind === 'string') return quoted + writeText(item.text, inner, quoted.length + 1);
  return quoted + write(item, item.kind === 'mapping' ? inner : indent);
}

/** The first line of a nested list or map stands behind the dash. */
function writeItem(value: Value, indent: string): string {
  if (value.kind === 'string') return writeText(value.text, indent, indent.length);
  const nested = write(value, indent);
  return nested.startsWith('\n') ? ` ${nested.slice(1 + indent.length)}` : nested;
}

function writeText(text: string, indent: string, column: number): string {
  const block = text.includes('\n') && !UNPRINTABLE.test(text) && !/ (?:\n|$)/.test(text);
  if (!block) return ` ${quote(text, { indent, column })}\n`;
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomping = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const lines = text.replace(/\n$/, '').split('\n');
  return ` |${hint}${chomping}\n${lines.map(line => (line === '' ? '\n' : `${indent}${line}\n`)).join('')}`;
}

/** All but line ends and the printable characters of the basic plane. */
const UNPRINTABLE = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
};

function quote(text: string, fold?: { readonly indent: string; readonly column: number }): string {
  const characters = [...text];
  let result = '"';
  let column = (fold?.column ?? 0) + 1;
  let blanks = false;
  characters.forEach((char, index) => {
    const letter = ESCAPES[char];
    if (char === ' ' && fold && !blanks && column > WIDTH && index > 0 && index < characters.length - 1) {
      result += `\n${fold.indent}${characters[index + 1] === ' ' ? '\\' : ''}`;
      column = fold.indent.length;
    } else {
      const shown = letter !== undefined ? `\\${letter}` : UNPRINTABLE.test(char) ? numeric(char) : char;
      result += shown;
      column += [...shown].length;
    }
    blanks = char === ' ';
  });
  return `${result}"`;
}

function numeric(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code.toString(16).toUpperCase().padStart(Number(width), '0')}`;
}
