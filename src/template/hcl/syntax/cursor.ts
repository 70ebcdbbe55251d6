import { type Diagnostic, type DiagnosticNote, errorAt } from '../../../sdk/diagnostics.ts';
import { positionAt, type SourceFile, type Span } from '../../../sdk/source.ts';
import type { Token, TokenKind } from './tokens.ts';

/** Thrown, after a diagnostic was recorded, to give up the body item being read. Never leaves the parser. */
export class GiveUp extends Error {}

/** More levels than any template needs, and few enough for the stack. */
const MAX_DEPTH = 200;

/** Operators or accessors in one row. */
const MAX_CHAIN = 1000;

interface Advice {
  readonly hint?: string;
  readonly notes?: readonly DiagnosticNote[];
}

/** Gives the place in a file of a range of a text that was taken out of it, such as a string of a JSON file. */
export type Relocate = (start: number, end: number) => Span;

/** A place in a token list, and what was found wrong so far. */
export class Cursor {
  readonly file: SourceFile;
  readonly tokens: readonly Token[];
  readonly diagnostics: Diagnostic[] = [];
  index = 0;
  /** Whether line ends mean something here: in bodies and objects they do, inside brackets not. */
  newlines = true;
  /** Offset of the end of the token read last. */
  lastEnd = 0;
  private depth = 0;
  private readonly relocate: Relocate | undefined;

  constructor(file: SourceFile, tokens: readonly Token[], relocate?: Relocate) {
    this.file = file;
    this.relocate = relocate;
    this.tokens = withoutComments(file.text, tokens);
  }

  peek(): Token {
    if (!this.newlines) while (this.tokens[this.index]?.kind === 'newline') this.index++;
    return this.tokens[this.index] ?? this.last();
  }

  /** The token after the next one, or the `ahead`th after it; line ends count as in `peek`. */
  peekAfter(ahead = 1): Token {
    this.peek();
    let index = this.index;
    for (let step = 0; step < ahead; step++) {
      index++;
      if (!this.newlines) while (this.tokens[index]?.kind === 'newline') index++;
    }
    return this.tokens[index] ?? this.last();
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') {
      this.index++;
      this.lastEnd = token.end;
    }
    return token;
  }

  at(kind: TokenKind): boolean {
    return this.peek().kind === kind;
  }

  accept(kind: TokenKind): Token | undefined {
    return this.at(kind) ? this.next() : undefined;
  }

  skipNewlines(): void {
    while (this.tokens[this.index]?.kind === 'newline') this.index++;
  }

  text(token: Token): string {
    return this.file.text.slice(token.start, token.end);
  }

  span(start: number, end: number): Span {
    return this.relocate ? this.relocate(start, end) : { file: this.file, start, end };
  }

  spanOf(token: Token): Span {
    return this.span(token.start, token.end);
  }

  /** From an offset to the end of the token read last. */
  since(start: number): Span {
    return this.span(start, Math.max(start, this.lastEnd));
  }

  /** From the start of what was read before to the end of the token read last. */
  through(from: Span): Span {
    const end = this.span(this.lastEnd, this.lastEnd).end;
    return { file: from.file, start: from.start, end: Math.max(from.start, end) };
  }

  /** The spot right after the token read last, where something is missing. */
  gap(): Span {
    return this.span(this.lastEnd, this.lastEnd);
  }

  line(offset: number): number {
    return positionAt(this.file, offset).line;
  }

  column(offset: number): number {
    return positionAt(this.file, offset).column;
  }

  report(span: Span, code: string, message: string, advice: Advice = {}): void {
    this.diagnostics.push(errorAt(span, code, message, advice));
  }

  fail(span: Span, code: string, message: string, advice: Advice = {}): never {
    this.report(span, code, message, advice);
    throw new GiveUp();
  }

  /** Runs `read` with line ends counting or not, restoring the former state whatever happens. */
  within<T>(newlines: boolean, read: () => T): T {
    const before = this.newlines;
    this.newlines = newlines;
    try {
      return read();
    } finally {
      this.newlines = before;
    }
  }

  /** Guards one level of nesting against texts made to exhaust the stack. */
  nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) {
      this.depth--;
      const place = this.spanOf(this.peek());
      // No use in reading on: all that follows would be as deep.
      this.index = this.tokens.length - 1;
      this.fail(place, 'nested-too-deeply', `more than ${MAX_DEPTH} levels of nesting`, {
        hint: 'split the expression with locals',
      });
    }
    try {
      return read();
    } finally {
      this.depth--;
    }
  }

  /** Guards a row of operators or accessors, whose evaluation is as deep as the row is long. */
  limitChain(length: number, token: Token): void {
    if (length < MAX_CHAIN) return;
    this.fail(this.spanOf(token), 'expression-too-long', `more than ${MAX_CHAIN} operators in one expression`, {
      hint: 'split it with locals',
    });
  }

  private last(): Token {
    return this.tokens[this.tokens.length - 1] ?? { kind: 'end', start: 0, end: 0 };
  }
}

/** The parser's view: a comment that ends its line is a line end, others are nothing. */
function withoutComments(text: string, tokens: readonly Token[]): readonly Token[] {
  const kept: Token[] = [];
  for (const token of tokens) {
    if (token.kind !== 'comment') kept.push(token);
    else if (text.charCodeAt(token.end - 1) === 10)
      kept.push({ kind: 'newline', start: token.end - 1, end: token.end });
  }
  return kept;
}
