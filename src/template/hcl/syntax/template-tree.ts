import type { TemplateExpression, TemplatePart } from './ast.ts';
import type { Cursor } from './cursor.ts';
import type { Piece } from './template.ts';

/** Builds the tree of if and for parts out of the flat list. */
export function fold(cursor: Cursor, pieces: readonly Piece[]): TemplatePart[] {
  let index = 0;
  const list = (opener: (Piece & { kind: 'if' | 'for' }) | undefined, ends: readonly string[]): TemplatePart[] =>
    cursor.nested(() => {
      const parts: TemplatePart[] = [];
      for (; index < pieces.length; index++) {
        const piece = pieces[index];
        if (piece === undefined) break;
        if (piece.kind === 'text')
          parts.push({ kind: 'text', text: piece.text, span: cursor.span(piece.start, piece.end) });
        else if (piece.kind === 'part') parts.push(piece.part);
        else if (piece.kind === 'word') {
          if (ends.includes(piece.word)) return parts;
          failOnStrayDirective(cursor, piece, opener);
        } else {
          index++;
          parts.push(piece.kind === 'if' ? ifPart(piece) : forPart(piece));
        }
      }
      if (opener) {
        const end = opener.kind === 'if' ? '%{ endif }' : '%{ endfor }';
        cursor.fail(
          cursor.span(opener.start, opener.end),
          'unclosed-directive',
          `this %{ ${opener.kind} } has no ${end}`,
          { hint: `write ${end} after its text` },
        );
      }
      return parts;
    });
  const body = (opener: Piece & { kind: 'if' | 'for' }, ends: readonly string[]): TemplateExpression => {
    const start = index < pieces.length ? opener.end : opener.start;
    const parts = list(opener, ends);
    return { kind: 'template', parts, span: cursor.span(start, startOf(pieces[index]) ?? opener.end) };
  };
  const ifPart = (piece: Piece & { kind: 'if' }): TemplatePart => {
    const whenTrue = body(piece, ['else', 'endif']);
    const stop = pieces[index];
    let whenFalse: TemplateExpression | undefined;
    if (stop?.kind === 'word' && stop.word === 'else') {
      index++;
      whenFalse = body(piece, ['endif']);
    }
    return {
      kind: 'if',
      condition: piece.condition,
      whenTrue,
      whenFalse,
      span: cursor.span(piece.start, endOf(pieces[index]) ?? piece.end),
    };
  };
  const forPart = (piece: Piece & { kind: 'for' }): TemplatePart => {
    const inner = body(piece, ['endfor']);
    return {
      kind: 'for',
      ...piece.intro,
      body: inner,
      span: cursor.span(piece.start, endOf(pieces[index]) ?? piece.end),
    };
  };
  return list(undefined, []);
}

function startOf(piece: Piece | undefined): number | undefined {
  return piece && 'start' in piece ? piece.start : undefined;
}

function endOf(piece: Piece | undefined): number | undefined {
  return piece && 'end' in piece ? piece.end : undefined;
}

function failOnStrayDirective(
  cursor: Cursor,
  piece: Piece & { kind: 'word' },
  opener: (Piece & { kind: 'if' | 'for' }) | undefined,
): never {
  const span = cursor.span(piece.start, piece.end);
  if (!opener) {
    const wanted = piece.word === 'endfor' ? 'for' : 'if';
    cursor.fail(span, 'stray-directive', `%{ ${piece.word} } stands without a %{ ${wanted} } before it`, {
      hint: 'delete it',
    });
  }
  return cursor.fail(
    span,
    'stray-directive',
    `%{ ${piece.word} } stands inside a %{ ${opener.kind} } that is still open`,
    {
      hint: opener.kind === 'if' ? 'the %{ if } ends with %{ endif }' : 'the %{ for } ends with %{ endfor }',
      notes: [{ message: `the %{ ${opener.kind} }`, span: cursor.span(opener.start, opener.end) }],
    },
  );
}
