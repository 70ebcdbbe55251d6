import { PUNCTUATION, type Punctuation, type Token, type TokenKind } from './tokens.ts';

/** What encloses the place being scanned. `code` is a file's outermost level or the inside of `${ }` and `%{ }`. */
type Mode =
  | { readonly kind: 'code'; braces: number }
  | { readonly kind: 'quoted' }
  | { readonly kind: 'heredoc'; readonly marker: string; atLineStart: boolean }
  /** A bare template (templatefile, strings of JSON): text up to the end of the input. */
  | { readonly kind: 'bare' };

/** Only for names with letters beyond ASCII: building its classes takes longer than reading most files. */
let identifier: RegExp | undefined;
const NUMBER = /\d(?:(?:[\d.]|[eE][+-]?\d)*(?:[eE][+-]?\d|\d))?/y;
const HEREDOC = /<<-?([A-Za-z_\u0080-\uffff][\w\u0080-\uffff-]*)\r?\n/y;
const WRONG_QUOTES = /'[^'\n]*'|`[^`\n]*`/y;
/** Text of a quoted string up to an interpolation, a directive, a quote or a line end. */
const QUOTED_TEXT = /(?:\\[^\r\n]|\$\$+\{|%%+\{|\$+(?![${])|%+(?![%{])|[^"\\$%\r\n]+)+/y;
const HEREDOC_TEXT = /(?:\$\$+\{|%%+\{|\$+(?![${])|%+(?![%{])|[^$%\n]+)*/y;

const SIGNS: ReadonlySet<string> = new Set(PUNCTUATION);

/**
 * Splits HCL text into tokens. Never fails: what is no HCL becomes an `invalid`, `wrong-quotes` or `missing-...` token
 * for the parser to explain. Blanks and a byte order mark give no token. The last token is always `end`.
 */
export function scan(text: string, start: 'code' | 'template' = 'code'): Token[] {
  return new Scanner(text, start).run();
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

function isNamePart(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 45;
}

function isSign(text: string): text is Punctuation {
  return SIGNS.has(text);
}

class Scanner {
  private readonly text: string;
  private readonly tokens: Token[] = [];
  private readonly modes: Mode[];
  private at = 0;

  constructor(text: string, start: 'code' | 'template') {
    this.text = text;
    this.modes = [start === 'code' ? { kind: 'code', braces: 0 } : { kind: 'bare' }];
    if (text.charCodeAt(0) === 0xfeff) this.at = 1;
  }

  run(): Token[] {
    for (;;) {
      const mode = this.modes[this.modes.length - 1];
      if (!mode) break;
      if (this.at >= this.text.length) {
        if (mode.kind === 'quoted') this.add('missing-quote', this.at);
        else if (mode.kind === 'heredoc') this.add('missing-heredoc-end', this.at);
        this.modes.pop();
      } else if (mode.kind === 'code') this.code(mode);
      else if (mode.kind === 'quoted') this.quoted();
      else this.lines(mode);
    }
    this.add('end', this.text.length);
    return this.tokens;
  }

  private add(kind: TokenKind, end: number): void {
    this.tokens.push({ kind, start: this.at, end });
    this.at = end;
  }

  private match(pattern: RegExp): number {
    pattern.lastIndex = this.at;
    return pattern.test(this.text) ? pattern.lastIndex : -1;
  }

  private code(mode: Mode & { kind: 'code' }): void {
    const { text } = this;
    const code = text.charCodeAt(this.at);
    const char = text.charAt(this.at);
    if (code === 32 || code === 9) {
      do this.at++;
      while (isBlank(text.charCodeAt(this.at)));
    } else if (code === 10) {
      this.add('newline', this.at + 1);
    } else if (code === 13 && text.charCodeAt(this.at + 1) === 10) {
      this.add('newline', this.at + 2);
    } else if (code === 35 || (code === 47 && text.charCodeAt(this.at + 1) === 47)) {
      const end = text.indexOf('\n', this.at);
      this.add('comment', end < 0 ? text.length : end + 1);
    } else if (code === 47 && text.charCodeAt(this.at + 1) === 42) {
      const end = text.indexOf('*/', this.at + 2);
      this.add(end < 0 ? 'invalid' : 'comment', end < 0 ? text.length : end + 2);
    } else if (code === 34) {
      this.add('open-quote', this.at + 1);
      this.modes.push({ kind: 'quoted' });
    } else if (code >= 48 && code <= 57) {
      this.add('number', this.match(NUMBER));
    } else if (code === 60 && this.openHeredoc()) {
      return;
    } else if (code === 39 || code === 96) {
      const end = this.match(WRONG_QUOTES);
      this.add('wrong-quotes', end < 0 ? this.at + 1 : end);
    } else {
      const end = this.identifier(code);
      if (end > 0) this.add('identifier', end);
      else this.sign(mode, char);
    }
  }

  /** The end of the name that begins here, or -1. */
  private identifier(code: number): number {
    if (code < 128 && !isLetter(code)) return -1;
    let end = this.at;
    while (end < this.text.length && isNamePart(this.text.charCodeAt(end))) end++;
    if (end === this.text.length || this.text.charCodeAt(end) < 128) return end;
    identifier ??= /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
    return this.match(identifier);
  }

  private openHeredoc(): boolean {
    HEREDOC.lastIndex = this.at;
    const found = HEREDOC.exec(this.text);
    if (!found) return false;
    this.add('open-heredoc', this.at + found[0].length);
    this.modes.push({ kind: 'heredoc', marker: found[1] ?? '', atLineStart: true });
    return true;
  }

  private sign(mode: Mode & { kind: 'code' }, char: string): void {
    if (char === '~' && this.text.charAt(this.at + 1) === '}' && this.modes.length > 1) {
      this.closeTemplate(mode, 2);
      return;
    }
    if (char === '}' && this.modes.length > 1 && mode.braces === 0) {
      this.closeTemplate(mode, 1);
      return;
    }
    const sign = this.longestSign(char);
    if (sign === undefined) {
      this.add('invalid', this.at + ((this.text.codePointAt(this.at) ?? 0) > 0xffff ? 2 : 1));
      return;
    }
    if (sign === '{') mode.braces++;
    if (sign === '}') mode.braces--;
    this.add(sign, this.at + sign.length);
  }

  private longestSign(char: string): Punctuation | undefined {
    const two = char + this.text.charAt(this.at + 1);
    const long = two === '..' ? this.text.slice(this.at, this.at + 3) : two;
    if (isSign(long)) return long;
    return isSign(char) ? char : undefined;
  }

  private closeTemplate(mode: Mode & { kind: 'code' }, width: number): void {
    this.add('template-end', this.at + width);
    if (mode.braces === 0) this.modes.pop();
    else mode.braces--;
  }

  private openTemplate(): boolean {
    const two = this.text.slice(this.at, this.at + 2);
    if (two !== '${' && two !== '%{') return false;
    const width = this.text.charAt(this.at + 2) === '~' ? 3 : 2;
    this.add(two === '${' ? 'interpolation' : 'directive', this.at + width);
    this.modes.push({ kind: 'code', braces: 0 });
    return true;
  }

  private quoted(): void {
    if (this.openTemplate()) return;
    const char = this.text.charAt(this.at);
    if (char === '"') {
      this.add('close-quote', this.at + 1);
      this.modes.pop();
    } else if (char === '\n' || char === '\r') {
      // Quoted strings end with their line. Leave every enclosing string of this line too: one complaint is enough.
      this.add('missing-quote', this.at);
      this.leaveBrokenString();
    } else {
      const end = this.match(QUOTED_TEXT);
      this.add(end < 0 ? 'invalid' : 'quoted-text', end < 0 ? this.at + 1 : end);
    }
  }

  private leaveBrokenString(): void {
    this.modes.pop();
    let outer = -1;
    this.modes.forEach((mode, index) => {
      if (outer < 0 && mode.kind === 'quoted') outer = index;
    });
    if (outer >= 0) this.modes.length = outer;
  }

  private lines(mode: Mode & { kind: 'heredoc' | 'bare' }): void {
    if (this.openTemplate()) {
      if (mode.kind === 'heredoc') mode.atLineStart = false;
      return;
    }
    let end = this.match(HEREDOC_TEXT);
    const whole = end >= this.text.length;
    const lineEnds = this.text.charAt(end) === '\n';
    if (mode.kind === 'heredoc' && mode.atLineStart && (lineEnds || whole)) {
      const line = this.text.slice(this.at, end);
      if (line.trim() === mode.marker) {
        this.add('close-heredoc', line.endsWith('\r') ? end - 1 : end);
        this.modes.pop();
        return;
      }
    }
    if (lineEnds) end++;
    if (end === this.at) {
      // Nothing matched: an unpaired surrogate; take it as text.
      end++;
    }
    this.add('heredoc-text', end);
    if (mode.kind === 'heredoc') mode.atLineStart = lineEnds;
  }
}
