import type { Expression, TemplateExpression, TemplatePart } from './ast.ts';
import { parseForIntro } from './collections.ts';
import type { Cursor } from './cursor.ts';
import { describeToken, failOnStrangeToken } from './describe.ts';
import { unescapeQuoted, unescapeSigns } from './escapes.ts';
import { parseExpression } from './expression.ts';
import { stripIndentation } from './heredoc.ts';
import { fold } from './template-tree.ts';
import type { Token, TokenKind } from './tokens.ts';

/** A flat piece of a template, before directives are folded into a tree. */
export type Piece =
  | { readonly kind: 'text'; text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'part'; readonly part: TemplatePart }
  | { readonly kind: 'word'; readonly word: 'else' | 'endif' | 'endfor'; readonly start: number; readonly end: number }
  | { readonly kind: 'if'; readonly condition: Expression; readonly start: number; readonly end: number }
  | {
      readonly kind: 'for';
      readonly intro: ReturnType<typeof parseForIntro>;
      readonly start: number;
      readonly end: number;
    };

/** Parses `"..."` or a heredoc. A template that is one interpolation keeps the type of its value (see eval). */
export function parseTemplateLiteral(cursor: Cursor): Expression {
  const open = cursor.next();
  const quoted = open.kind === 'open-quote';
  return cursor.within(true, () => {
    const pieces = readPieces(cursor, quoted ? 'quoted-text' : 'heredoc-text');
    const close = cursor.peek();
    if (quoted ? close.kind !== 'close-quote' : close.kind !== 'close-heredoc')
      failOnUnclosedTemplate(cursor, open, close);
    cursor.next();
    if (!quoted && cursor.text(open).startsWith('<<-')) stripIndentation(pieces);
    const parts = fold(cursor, pieces);
    return { kind: 'template', parts, span: cursor.since(open.start) };
  });
}

/** Parses a whole text as a template: a file for `templatefile`, a string of the JSON syntax. */
export function parseBareTemplate(cursor: Cursor): TemplateExpression {
  return cursor.within(true, () => {
    const pieces = readPieces(cursor, 'heredoc-text');
    return { kind: 'template', parts: fold(cursor, pieces), span: cursor.span(0, cursor.file.text.length) };
  });
}

function failOnUnclosedTemplate(cursor: Cursor, open: Token, close: Token): never {
  if (open.kind === 'open-heredoc') {
    const marker = cursor.text(open).trim().replace(/^<<-?/, '');
    cursor.fail(
      cursor.span(open.start, open.start + cursor.text(open).trimEnd().length),
      'unclosed-heredoc',
      `the heredoc opened here is never closed`,
      {
        hint: `write ${marker} alone on a line, with nothing after it`,
      },
    );
  }
  if (close.kind !== 'missing-quote') failOnStrangeToken(cursor, close);
  const text = cursor.file.text.slice(open.start, close.start);
  const curly = /[\u201d\u201c]/.exec(text);
  return cursor.fail(
    cursor.span(open.start, close.start),
    'unclosed-string',
    `the string opened here is not closed on its line`,
    {
      hint: curly
        ? `it ends with ${curly[0]}, a typographic quotation mark; write a straight "`
        : 'write the closing " here, or use a heredoc (<<EOT) for text of several lines',
    },
  );
}

function readPieces(cursor: Cursor, textKind: TokenKind): Piece[] {
  const pieces: Piece[] = [];
  let trimNext = false;
  for (;;) {
    const token = cursor.peek();
    if (token.kind === textKind) {
      cursor.next();
      const raw = cursor.text(token);
      let text = textKind === 'quoted-text' ? unescapeQuoted(cursor, raw, token.start) : unescapeSigns(raw);
      if (trimNext) text = text.trimStart();
      pieces.push({ kind: 'text', text, start: token.start, end: token.end });
      trimNext = false;
    } else if (token.kind === 'interpolation' || token.kind === 'directive') {
      const previous = pieces[pieces.length - 1];
      if (cursor.text(token).endsWith('~') && previous?.kind === 'text') previous.text = previous.text.trimEnd();
      pieces.push(token.kind === 'interpolation' ? readInterpolation(cursor) : readDirective(cursor));
      trimNext = cursor.file.text.charAt(cursor.lastEnd - 2) === '~';
    } else {
      return pieces;
    }
  }
}

function readInterpolation(cursor: Cursor): Piece {
  const open = cursor.next();
  return cursor.within(false, () => {
    if (cursor.at('template-end')) {
      cursor.fail(
        cursor.span(open.start, cursor.peek().end),
        'missing-expression',
        'nothing stands between "${" and "}"',
        {
          hint: 'write an expression there, or $${ for the plain characters ${',
        },
      );
    }
    const expression = parseExpression(cursor);
    closeSequence(cursor, open, 'interpolation');
    return { kind: 'part', part: { kind: 'interpolation', expression, span: cursor.since(open.start) } };
  });
}

function closeSequence(cursor: Cursor, open: Token, what: string): void {
  if (cursor.accept('template-end')) return;
  const found = cursor.peek();
  const shell = /^\$\{\w+(:[-+=?]|[#%/^,@])/.test(cursor.file.text.slice(open.start, open.start + 80));
  const plain = cursor.text(open).startsWith('$') ? '$${' : '%%{';
  if (!shell) failOnStrangeToken(cursor, found);
  cursor.fail(
    cursor.gap(),
    'unclosed-interpolation',
    `the ${what} opened here has no "}" before ${found.kind === 'open-quote' ? 'the quotation mark' : describeToken(cursor, found)}`,
    {
      hint: shell
        ? `write ${plain} to leave this to the shell`
        : `write "}" here, or ${plain} if the plain characters are meant`,
      notes: [{ message: `the ${what}`, span: cursor.spanOf(open) }],
    },
  );
}

function readDirective(cursor: Cursor): Piece {
  const open = cursor.next();
  return cursor.within(false, () => {
    const token = cursor.peek();
    const word = token.kind === 'identifier' ? cursor.text(token) : '';
    const read = (): Piece => {
      const place = { start: open.start, end: 0 };
      if (word === 'if') return { kind: 'if', condition: parseExpression(cursor), ...place };
      if (word === 'for') return { kind: 'for', intro: parseForIntro(cursor), ...place };
      return { kind: 'word', word: word as 'else' | 'endif' | 'endfor', ...place };
    };
    if (!['if', 'else', 'endif', 'for', 'endfor'].includes(word)) {
      failOnStrangeToken(cursor, token);
      cursor.fail(
        cursor.spanOf(token),
        'unknown-directive',
        `"%{" must be followed by if, else, endif, for or endfor, not ${describeToken(cursor, token)}`,
        {
          hint: 'write %%{ if the plain characters %{ are meant',
        },
      );
    }
    cursor.next();
    const piece = read();
    closeSequence(cursor, open, 'directive');
    return { ...piece, end: cursor.lastEnd } as Piece;
  });
}
