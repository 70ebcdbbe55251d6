import { RenderError } from '../model.ts';
import type { Place } from './ast.ts';
import { Lexer } from './lexer.ts';
import { LIMITS } from './limits.ts';
import { explainUnexpected } from './near-misses.ts';
import type { Token } from './token.ts';

/** Tokens with look-ahead, and the complaints about them. */
export class TokenReader {
  readonly text: string;
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];
  #nesting = 0;

  constructor(text: string, keepFields: boolean) {
    this.text = text;
    this.#lexer = new Lexer(text, keepFields);
  }

  next(): Token {
    return this.#ahead.shift() ?? this.#lexer.next();
  }

  peek(index = 0): Token {
    for (;;) {
      const token = this.#ahead[index];
      if (token) return token;
      this.#ahead.push(this.#lexer.next());
    }
  }

  /** The next token that is no space, without taking it. */
  peekSolid(): Token {
    const first = this.peek();
    return first.kind === 'space' ? this.peek(1) : first;
  }

  nextSolid(): Token {
    const token = this.next();
    return token.kind === 'space' ? this.next() : token;
  }

  source(place: Place): string {
    return this.text.slice(place.start, place.end);
  }

  isKeyword(token: Token, word: string): boolean {
    return token.kind === 'keyword' && this.source(token) === word;
  }

  expectClose(where: string): Token {
    const token = this.nextSolid();
    if (token.kind !== 'close') throw this.unexpected(token, where);
    return token;
  }

  unexpected(token: Token, where: string): RenderError {
    const { message, hint } = explainUnexpected(this.source(token), where);
    return fault(message, token, hint);
  }

  /** Guards the recursion of blocks and parentheses. */
  nested<T>(token: Token, body: () => T): T {
    if (++this.#nesting > LIMITS.nesting)
      throw fault(`more than ${LIMITS.nesting} blocks or parentheses stand inside one another`, token);
    const result = body();
    this.#nesting--;
    return result;
  }
}

/** A complaint about a place in the text. */
export function fault(message: string, place: Place, hint?: string): RenderError {
  return new RenderError(message, place.start, place.end, hint);
}
