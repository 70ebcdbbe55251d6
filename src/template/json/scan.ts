import { type Complaints, GiveUp } from './complaints.ts';
import { quoted } from './quote.ts';
import { readString, skipToQuote } from './strings.ts';
import { numberTrouble } from './words.ts';

type Punctuation = '{' | '}' | '[' | ']' | ':' | ',';

/** Punctuation stands for itself. `word`: a bare word; `junk`: what JSON has no use for; `end`: nothing is left. */
export type TokenKind = Punctuation | 'string' | 'number' | 'true' | 'false' | 'null' | 'word' | 'junk' | 'end';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_LIKE = /[+-]?[\w.]+(?:[+-][\w.]+)*/y;
const WORD = /[\p{L}_$][\p{L}\p{N}_$.-]*/uy;
const CONFLICT = /(?:<{7} |={7}$|>{7} |\|{7} ).*/my;
/** White space and invisible characters that editors and web pages leave behind, but JSON does not know. */
const STRANGE_SPACE = /[\u00a0\u00ad\u1680\u2000-\u200f\u2028\u2029\u202f\u2060\u3000\ufeff\u0000\u000b\u000c]/;
/** Opening quotation marks other than the double one, with the marks that close them. */
const OTHER_QUOTES: Readonly<Record<string, string>> = { "'": "'", '`': '`', '“': '”', '”': '”', '„': '“', '‘': '’' };

/**
 * Reads one token after the other. What is wrong inside a token it tells itself and goes on with what was probably meant:
 * text in single quotes is still a string, a comment is still white space.
 */
export class Scanner {
  kind: TokenKind = 'end';
  start = 0;
  end = 0;
  /** End of the token before the current one. */
  before = 0;
  /** Of a string: what it says; of a number, word or junk: its text. */
  value = '';
  private readonly text: string;
  private readonly complaints: Complaints;

  constructor(complaints: Complaints) {
    this.text = complaints.file.text;
    this.complaints = complaints;
    this.end = this.text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  advance(): void {
    this.before = this.end;
    const start = this.skipSpace(this.end);
    this.start = start;
    const char = this.text.charAt(start);
    if (isPunctuation(char)) this.take(char, start + 1);
    else if (char === '"') {
      const { value, end } = readString(this.complaints, start);
      this.value = value;
      this.take('string', end);
    } else if (char === '') this.take('end', start);
    else if (char === '-' || (char >= '0' && char <= '9')) this.number(start);
    else this.other(start, char);
  }

  private take(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  private takeText(kind: TokenKind, end: number): void {
    this.value = this.text.slice(this.start, end);
    this.take(kind, end);
  }

  private number(start: number): void {
    NUMBER.lastIndex = start;
    const end = start + (NUMBER.exec(this.text)?.[0].length ?? 0);
    const next = this.text.charCodeAt(end);
    // White space, a comma, a closing bracket or the end follows: the common case.
    if (end > start && (Number.isNaN(next) || next <= 0x20 || next === 0x2c || next === 0x5d || next === 0x7d)) {
      this.takeText('number', end);
      if (Number.isFinite(Number(this.value))) return;
    }
    this.oddNumber(start);
  }

  private oddNumber(start: number): void {
    NUMBER_LIKE.lastIndex = start;
    const text = NUMBER_LIKE.exec(this.text)?.[0] ?? this.text.charAt(start);
    this.takeText('number', start + text.length);
    const trouble = numberTrouble(text);
    if (!trouble) return;
    this.complaints.addAndSkipLine(start, this.end, 'bad-number', trouble.message, { hint: trouble.hint });
  }

  private other(start: number, char: string): void {
    WORD.lastIndex = start;
    const word = WORD.exec(this.text)?.[0];
    const closing = OTHER_QUOTES[char];
    if (word === 'true' || word === 'false' || word === 'null') this.take(word, start + word.length);
    else if (word) this.takeText('word', start + word.length);
    else if (/[+.]/.test(char) && /[\d.I]/.test(this.text.charAt(start + 1))) this.oddNumber(start);
    else if (closing) this.otherQuotes(start, closing);
    else {
      this.refuseConflict(start);
      const two = this.text.startsWith('=>', start) || (this.text.codePointAt(start) ?? 0) > 0xffff;
      this.takeText('junk', start + (two ? 2 : 1));
    }
  }

  private refuseConflict(start: number): void {
    if (start > 0 && this.text[start - 1] !== '\n') return;
    CONFLICT.lastIndex = start;
    const conflict = CONFLICT.exec(this.text)?.[0];
    if (!conflict) return;
    this.complaints.add(start, start + conflict.length, 'merge-conflict', 'a merge conflict was left unresolved here', {
      hint: 'keep one of the two versions and delete the lines with <<<<<<<, ======= and >>>>>>>',
    });
    throw new GiveUp();
  }

  private otherQuotes(start: number, closing: string): void {
    const end = skipToQuote(this.text, start + 1, closing);
    const kind = closing === "'" ? 'single quotes' : closing === '`' ? 'backquotes' : 'typographic quotes';
    this.value = this.text.slice(start + 1, end.closed ? end.at - 1 : end.at);
    this.take('string', end.at);
    this.complaints.add(start, end.at, 'wrong-quotes', `JSON strings stand in double quotes, not in ${kind}`, {
      hint: `write ${quoted(this.value)}`,
    });
  }

  private skipSpace(from: number): number {
    const { text } = this;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) at++;
      else if (code === 0x2f || code === 0x23) {
        const end = commentEnd(text, at);
        if (end === at) return at;
        this.complaints.comment(at, end);
        at = end;
      } else if ((code > 0x7e || code < 0x20) && STRANGE_SPACE.test(text.charAt(at))) {
        const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
        this.complaints.add(at, at + 1, 'strange-space', `an invisible character (${name}) stands between the values`, {
          hint: 'delete it, or replace it by an ordinary space',
        });
        at++;
      } else return at;
    }
  }
}

function isPunctuation(char: string): char is Punctuation {
  return char === '{' || char === '}' || char === '[' || char === ']' || char === ':' || char === ',';
}

/** Where a comment in the manner of C, C++ or a shell ends; `at` itself when none begins there. */
function commentEnd(text: string, at: number): number {
  if (text.startsWith('/*', at)) {
    const close = text.indexOf('*/', at + 2);
    return close < 0 ? text.length : close + 2;
  }
  if (text[at] !== '#' && !text.startsWith('//', at)) return at;
  const newline = text.indexOf('\n', at);
  const end = newline < 0 ? text.length : newline;
  return text[end - 1] === '\r' ? end - 1 : end;
}
