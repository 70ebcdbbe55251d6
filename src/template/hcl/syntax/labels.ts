import type { Name } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { describeToken, failOnStrangeToken } from './describe.ts';
import { unescapeQuoted } from './escapes.ts';
import type { Token } from './tokens.ts';

/** Explains a block header that does not lead to a brace; comes back when the brace stands on a later line. */
export function failOnHeader(cursor: Cursor, name: Name, labels: readonly Name[], next: Token): void {
  failOnStrangeToken(cursor, next);
  const only = labels[0];
  if (next.kind === '=') {
    cursor.fail(cursor.spanOf(next), 'unexpected-equals', `a block has no "=" before its "{"`, {
      hint: `write ${name.text} { ... } for a block, NAME = VALUE for an argument`,
    });
  }
  const quoted = only && cursor.file.text.charAt(only.span.start) === '"';
  if (next.kind === 'newline' || next.kind === 'end') {
    const gap = cursor.gap();
    cursor.skipNewlines();
    if (cursor.at('{')) {
      cursor.report(gap, 'missing-brace', `the "{" of the block "${name.text}" must stand on the same line`, {
        hint: 'move the "{" up to here',
      });
      return;
    }
    cursor.fail(
      cursor.gap(),
      'missing-brace',
      quoted
        ? `"=" is missing after "${name.text}", or "{" at the end of the line`
        : `"{" is missing after the block header "${name.text}"`,
      {
        hint: quoted
          ? `write ${name.text} = ${JSON.stringify(only.text)} for an argument`
          : 'write "{" here, or NAME = VALUE for an argument',
      },
    );
  }
  cursor.fail(
    cursor.spanOf(next),
    'missing-brace',
    `a block header is a name, labels and "{"; ${describeToken(cursor, next)} does not belong there`,
  );
}

/** A quoted label: plain text. */
export function parseLabel(cursor: Cursor): Name {
  const open = cursor.next();
  let text = '';
  for (;;) {
    const token = cursor.peek();
    if (token.kind === 'quoted-text') {
      cursor.next();
      text += unescapeQuoted(cursor, cursor.text(token), token.start);
    } else if (token.kind === 'close-quote') {
      cursor.next();
      return { text, span: cursor.since(open.start) };
    } else if (token.kind === 'interpolation' || token.kind === 'directive') {
      cursor.fail(
        cursor.spanOf(token),
        'template-in-label',
        'block labels are plain text: nothing can be inserted into them',
        { hint: 'write the name itself' },
      );
    } else {
      cursor.fail(
        cursor.span(open.start, token.start),
        'unclosed-string',
        'the label opened here is not closed on its line',
        { hint: 'write the closing " here' },
      );
    }
  }
}
