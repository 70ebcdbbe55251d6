import type { Expression } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { failOnStrangeToken } from './describe.ts';
import { failOnUnclosed, parseExpression } from './expression.ts';

/** Parses what may follow a term: `.name`, `.0`, `[key]`, `[*]` and `.*`. */
export function parseAccess(cursor: Cursor, start: Expression): Expression {
  let target = start;
  for (let chain = 0; ; chain++) {
    const token = cursor.peek();
    cursor.limitChain(chain, token);
    if (token.kind === '.') {
      if (cursor.peekAfter().kind === '*') {
        cursor.next();
        cursor.next();
        target = parseSplat(cursor, target, false);
      } else target = parseDot(cursor, target);
    } else if (token.kind === '[' && token === cursor.tokens[cursor.index]) {
      if (cursor.peekAfter().kind === '*' && cursor.within(false, () => cursor.peekAfter(2).kind === ']')) {
        cursor.within(false, () => [cursor.next(), cursor.next(), cursor.next()]);
        target = parseSplat(cursor, target, true);
      } else target = parseIndex(cursor, target);
    } else return target;
  }
}

function parseDot(cursor: Cursor, target: Expression): Expression {
  const dot = cursor.next();
  const token = cursor.peek();
  if (token.kind === 'identifier') {
    cursor.next();
    const name = { text: cursor.text(token), span: cursor.spanOf(token) };
    return { kind: 'attribute', target, name, span: cursor.through(target.span) };
  }
  if (token.kind === 'number') {
    cursor.next();
    const text = cursor.text(token);
    const span = cursor.spanOf(token);
    // HCL itself does not take the 0.1 of `a.0.1`, which is one number, for two.
    if (/^\d+\.\d+$/.test(text))
      cursor.fail(span, 'invalid-index', `".${text}" is not an index`, {
        hint: `write ${text
          .split('.')
          .map(digits => `[${digits}]`)
          .join('')}`,
      });
    if (!/^\d+$/.test(text)) cursor.fail(span, 'invalid-index', `"${text}" is not an index`);
    return { kind: 'index', target, key: { kind: 'number', text, span }, span: cursor.through(target.span) };
  }
  failOnStrangeToken(cursor, token);
  return cursor.fail(cursor.span(dot.start, dot.end), 'missing-attribute-name', `a name is missing after "."`, {
    hint: 'write .NAME, .* or [INDEX]',
  });
}

function parseIndex(cursor: Cursor, target: Expression): Expression {
  const open = cursor.next();
  return cursor.within(false, () => {
    const key = parseExpression(cursor);
    if (!cursor.accept(']')) failOnUnclosed(cursor, open, '[', ']', 'the index');
    return { kind: 'index', target, key, span: cursor.through(target.span) };
  });
}

/** After `[*]` all further accessors, further splats too, belong to each element; after `.*` only names and `.0` do. */
function parseSplat(cursor: Cursor, target: Expression, full: boolean): Expression {
  const item: Expression = { kind: 'splat-item', span: cursor.through(target.span) };
  const each = full ? cursor.nested(() => parseAccess(cursor, item)) : parseNames(cursor, item);
  return { kind: 'splat', target, each, span: cursor.through(target.span) };
}

function parseNames(cursor: Cursor, item: Expression): Expression {
  let each = item;
  for (let chain = 0; cursor.at('.') && cursor.peekAfter().kind !== '*'; chain++) {
    cursor.limitChain(chain, cursor.peek());
    each = parseDot(cursor, each);
  }
  return each;
}
