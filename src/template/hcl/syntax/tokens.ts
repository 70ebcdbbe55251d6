/** The kinds of token of HCL's native syntax. Punctuation is its own name. */
export type TokenKind =
  | 'identifier'
  | 'number'
  | 'comment'
  | 'newline'
  | 'end'
  | 'open-quote'
  | 'close-quote'
  | 'quoted-text'
  /** Stands, without width, where a quoted string should have ended. */
  | 'missing-quote'
  | 'open-heredoc'
  | 'close-heredoc'
  | 'heredoc-text'
  /** Stands, without width, at the end of a file that ends inside a heredoc. */
  | 'missing-heredoc-end'
  | 'interpolation'
  | 'directive'
  | 'template-end'
  /** A whole 'text' or `text`: the wrong quotes. */
  | 'wrong-quotes'
  | 'invalid'
  | Punctuation;

export type Punctuation =
  | '{'
  | '}'
  | '['
  | ']'
  | '('
  | ')'
  | '.'
  | ','
  | '...'
  | '='
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '=>'
  | '&&'
  | '||'
  | '!'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '?'
  | ':'
  | '::'
  | ';'
  | '&'
  | '|'
  | '^'
  | '~';

export interface Token {
  readonly kind: TokenKind;
  /** Half-open range of UTF-16 offsets in the text. */
  readonly start: number;
  readonly end: number;
}

/** All punctuation; where several fit, the longest is meant. */
export const PUNCTUATION: readonly Punctuation[] = [
  '...',
  '==',
  '!=',
  '<=',
  '>=',
  '=>',
  '&&',
  '||',
  '::',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '.',
  ',',
  '=',
  '<',
  '>',
  '!',
  '+',
  '-',
  '*',
  '/',
  '%',
  '?',
  ':',
  ';',
  '&',
  '|',
  '^',
  '~',
];
