/** What a token is; those of the language's signs are called by them. */
export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'word'
  | 'keyword'
  | 'bool'
  | 'nil'
  | 'dot'
  | 'field'
  | 'variable'
  | 'string'
  | 'raw'
  | 'rune'
  | 'number'
  | 'complex'
  | '('
  | ')'
  | '|'
  | '='
  | ':='
  | 'char'
  | 'end';

/** A piece of a template text: half-open range of UTF-16 offsets. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}
