import { RenderError } from '../model.ts';
import { shorten } from './faults.ts';
import type { Token, TokenKind } from './token.ts';

const KEYWORDS = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);
const SPACES = /[ \t\r\n]*/y;
const WORD = /[A-Za-z0-9_]*/y;
/** The same beyond ASCII, for the few names that need it. */
const UNICODE_WORD = /[\p{L}\p{Nd}_]*/uy;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
/** What variables keep for later, as Packer's filter has it: `{{ .X }}` with at most one blank on each side. */
const KEPT_FRAGMENT = /\{\{[ \t\r\n\f]?\.[^\n]*?[ \t\r\n\f]?\}\}/y;

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

/** Go's text/template lexer, with offsets. `keepFields`: fragments of the form `{{ .X }}` are plain text. */
export class Lexer {
  readonly #text: string;
  readonly #keepFields: boolean;
  #at = 0;
  /** Start of the action being scanned; -1 in plain text. */
  #action = -1;
  /** Offsets of the parentheses that are open. */
  #parens: number[] = [];

  constructor(text: string, keepFields: boolean) {
    this.#text = text;
    this.#keepFields = keepFields;
  }

  /** The next token. Throws a RenderError for what is none; after the last one gives `end` for ever. */
  next(): Token {
    return this.#action < 0 ? this.#plain() : this.#inside();
  }

  #fault(message: string, start: number, end: number, hint?: string): RenderError {
    return new RenderError(message, start, Math.min(end, this.#text.length), hint);
  }

  #run(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    return pattern.test(this.#text) ? pattern.lastIndex : from;
  }

  /** The offset behind the letters, digits and underscores at `from`. */
  #word(from: number): number {
    const end = this.#run(WORD, from);
    return this.#text.charCodeAt(end) > 0x7f ? this.#run(UNICODE_WORD, from) : end;
  }

  /** The next `{{` that opens an action; -1 when there is none. */
  #nextAction(from: number): number {
    for (;;) {
      const open = this.#text.indexOf('{{', from);
      if (open < 0 || !this.#keepFields) return open;
      const end = this.#run(KEPT_FRAGMENT, open);
      if (end === open) return open;
      from = end;
    }
  }

  #plain(): Token {
    const text = this.#text;
    for (;;) {
      const start = this.#at;
      const open = this.#nextAction(start);
      if (open < 0) {
        this.#at = text.length;
        return { kind: start < text.length ? 'text' : 'end', start, end: text.length };
      }
      const trims = text[open + 2] === '-' && isSpace(text[open + 3]);
      let end = open;
      if (trims) while (end > start && isSpace(text[end - 1])) end--;
      if (end > start) {
        this.#at = open;
        return { kind: 'text', start, end };
      }
      const inner = open + (trims ? 4 : 2);
      // The blank of the trim marker may also be the first of the action.
      if (text.startsWith('/*', inner)) {
        this.#at = this.#comment(open, inner);
        continue;
      }
      this.#at = inner;
      this.#action = open;
      this.#parens = [];
      return { kind: 'open', start: open, end: inner };
    }
  }

  /** The offset behind a comment action. */
  #comment(open: number, inner: number): number {
    const close = this.#text.indexOf('*/', inner + 2);
    if (close < 0) throw this.#fault('a comment is not closed', open, inner + 2, 'end it with */}}');
    const end = this.#closing(close + 2);
    if (end < 0) throw this.#fault('a comment does not fill its action', open, close + 2, 'write }} directly after */');
    return end;
  }

  /** When a right delimiter (with or without trim marker) stands at `at`: where the text goes on. Else -1. */
  #closing(at: number): number {
    const text = this.#text;
    if (text.startsWith('}}', at)) return at + 2;
    if (isSpace(text[at]) && text.startsWith('-}}', at + 1)) return this.#run(SPACES, at + 4);
    return -1;
  }

  #take(kind: TokenKind, end: number): Token {
    const start = this.#at;
    this.#at = end;
    return { kind, start, end };
  }

  #inside(): Token {
    const text = this.#text;
    const at = this.#at;
    const behind = this.#closing(at);
    if (behind >= 0) {
      const paren = this.#parens.at(-1);
      if (paren !== undefined) throw this.#fault('a ( is not closed', paren, paren + 1, 'add the missing )');
      this.#action = -1;
      this.#at = behind;
      return { kind: 'close', start: at, end: text.startsWith('}}', at) ? at + 2 : at + 4 };
    }
    const char = text[at];
    switch (char) {
      case undefined:
        throw this.#fault('a {{ is not closed', this.#action, this.#action + 2, 'add the missing }}');
      case ' ':
      case '\t':
      case '\r':
      case '\n': {
        const end = this.#run(SPACES, at);
        // The last blank may belong to a closing ` -}}`.
        return this.#take('space', text.startsWith('-}}', end) && end - 1 > at ? end - 1 : end);
      }
      case '=':
        return this.#take('=', at + 1);
      case ':':
        if (text[at + 1] === '=') return this.#take(':=', at + 2);
        throw this.#fault('a single : has no meaning here', at, at + 1, 'a variable is declared with :=');
      case '|':
        return this.#take('|', at + 1);
      case '"':
        return this.#quoted('"', 'string', 'a quoted string is not closed on its line');
      case "'":
        return this.#quoted("'", 'rune', 'a character constant is not closed', 'text goes in backquotes: `text`');
      case '`': {
        const close = text.indexOf('`', at + 1);
        if (close >= 0) return this.#take('raw', close + 1);
        throw this.#fault('a backquoted string is not closed', at, at + 1, 'add the missing `');
      }
      case '(':
        this.#parens.push(at);
        return this.#take('(', at + 1);
      case ')':
        if (this.#parens.pop() !== undefined) return this.#take(')', at + 1);
        throw this.#fault('a ) has no matching (', at, at + 1);
      case '$':
        return this.#name('variable', at + 1);
      case '.':
        if (/[0-9]/.test(text[at + 1] ?? '')) return this.#number();
        return this.#name('field', at + 1);
      default:
        return this.#other(char, at);
    }
  }

  #other(char: string, at: number): Token {
    if (/[0-9+-]/.test(char)) return this.#number();
    const end = this.#word(at);
    if (end > at) {
      this.#terminated(at, end);
      const word = this.#text.slice(at, end);
      if (word === 'true' || word === 'false') return this.#take('bool', end);
      if (word === 'nil') return this.#take('nil', end);
      return this.#take(KEYWORDS.has(word) ? 'keyword' : 'word', end);
    }
    if (/[!-~]/.test(char)) return this.#take('char', at + 1);
    const shown = String.fromCodePoint(this.#text.codePointAt(at) ?? 0);
    const code = (shown.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw this.#fault(`the character U+${code} cannot stand inside {{ }}`, at, at + shown.length, quoteHint(shown));
  }

  #quoted(quote: string, kind: TokenKind, problem: string, hint?: string): Token {
    const text = this.#text;
    for (let at = this.#at + 1; at < text.length && text[at] !== '\n'; at++) {
      if (text[at] === quote) return this.#take(kind, at + 1);
      if (text[at] === '\\') {
        at++;
        if (text[at] === '\n') break;
      }
    }
    throw this.#fault(problem, this.#at, this.#at + 1, hint ?? `add the missing ${quote}`);
  }

  /** A field or variable whose name starts at `from`; a bare `.` or `$` when there is none. */
  #name(kind: 'field' | 'variable', from: number): Token {
    const end = this.#word(from);
    this.#terminated(this.#at, end);
    return this.#take(kind === 'field' && end === from ? 'dot' : kind, end);
  }

  #number(): Token {
    const text = this.#text;
    const start = this.#at;
    let end = this.#run(NUMBER, start);
    let complex = false;
    if (text[end] === '+' || text[end] === '-') {
      end = this.#run(NUMBER, end);
      complex = true;
    }
    const over = this.#word(end);
    if (over > end || (complex && text[end - 1] !== 'i')) {
      const shown = shorten(text.slice(start, over));
      throw this.#fault(`"${shown}" is not a number`, start, over, 'text goes in backquotes: `text`');
    }
    return this.#take(complex ? 'complex' : 'number', end);
  }

  /** What follows a name must end it; `a-b` and `a+b` are no names, and there is no arithmetic. */
  #terminated(start: number, end: number): void {
    const char = this.#text[end];
    if (char === undefined || isSpace(char) || '.,|:()'.includes(char) || this.#text.startsWith('}}', end)) return;
    const shown = String.fromCodePoint(this.#text.codePointAt(end) ?? 0);
    const name = this.#text.slice(start, end);
    const hint =
      char === '}'
        ? 'an action ends with }}'
        : char === '-'
          ? `for a name with dashes write index . \`${name.replace(/^[.$]/, '')}-...\``
          : quoteHint(shown);
    throw this.#fault(`unexpected "${shown}" after "${shorten(name)}"`, end, end + shown.length, hint);
  }
}

function quoteHint(char: string): string {
  if (/[\u2018\u2019\u201c\u201d]/.test(char)) return 'curly quotes do not quote: use ` or "';
  return 'text goes in backquotes: `text`';
}
