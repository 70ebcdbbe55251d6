import type { Expression, Name, ObjectItem } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { describeToken, failOnStrangeToken, startsExpression } from './describe.ts';
import { failOnUnclosed, parseExpression } from './expression.ts';
import type { Token } from './tokens.ts';

/** `[a, b]` or `[for x in xs : y]`. */
export function parseTuple(cursor: Cursor): Expression {
  const open = cursor.next();
  return cursor.within(false, () => {
    if (isFor(cursor)) return parseFor(cursor, open, ']');
    const items: Expression[] = [];
    while (!cursor.at(']')) {
      if (cursor.at(',')) {
        cursor.report(cursor.spanOf(cursor.next()), 'missing-item', 'a list item is missing before this comma', {
          hint: 'delete the comma, or write the item',
        });
        continue;
      }
      if (looksLikeNextArgument(cursor)) failOnUnclosed(cursor, open, '[', ']', 'the list');
      if (!startsExpression(cursor.peek()) && cursor.peek().kind !== '-' && !cursor.at('<')) {
        failOnUnclosed(cursor, open, '[', ']', 'the list');
      }
      items.push(parseExpression(cursor));
      if (cursor.accept(',') || cursor.at(']')) continue;
      failUnlessItemFollows(cursor, open);
      cursor.report(cursor.gap(), 'missing-comma', 'a comma is missing between two list items', {
        hint: 'write "," here, after the item',
      });
    }
    cursor.next();
    return { kind: 'tuple', items, span: cursor.since(open.start) };
  });
}

function failUnlessItemFollows(cursor: Cursor, open: Token): void {
  if (!startsExpression(cursor.peek()) || looksLikeNextArgument(cursor))
    failOnUnclosed(cursor, open, '[', ']', 'the list');
}

/** `name =` on a new line cannot be a list item: the list was not closed. */
function looksLikeNextArgument(cursor: Cursor): boolean {
  const token = cursor.peek();
  if (token.kind !== 'identifier') return false;
  const before = cursor.tokens[cursor.index - 1];
  if (before?.kind !== 'newline') return false;
  const after = cursor.peekAfter().kind;
  return after === '=' || (after === '{' && cursor.line(token.start) === cursor.line(cursor.peekAfter().start));
}

/** `{a = b, c : d}` or `{for k, v in xs : k => v}`. */
export function parseObject(cursor: Cursor): Expression {
  const open = cursor.next();
  return cursor.within(true, () => {
    if (cursor.within(false, () => isFor(cursor))) return cursor.within(false, () => parseFor(cursor, open, '}'));
    const items: ObjectItem[] = [];
    for (;;) {
      cursor.skipNewlines();
      if (cursor.accept('}')) break;
      items.push(parseObjectItem(cursor, open));
      if (cursor.accept(',') || cursor.at('newline') || cursor.at('}')) continue;
      const token = cursor.peek();
      if (!startsExpression(token)) failOnUnclosed(cursor, open, '{', '}', 'the object');
      cursor.report(cursor.gap(), 'missing-comma', 'a comma or a line end is missing between two object members', {
        hint: 'write "," here, after the value',
      });
    }
    return { kind: 'object', items, span: cursor.since(open.start) };
  });
}

function parseObjectItem(cursor: Cursor, open: Token): ObjectItem {
  const token = cursor.peek();
  if (token.kind === ',') {
    cursor.fail(cursor.spanOf(token), 'missing-item', 'an object member is missing before this comma', {
      hint: 'delete the comma',
    });
  }
  if (!startsExpression(token) && token.kind !== '-') failOnUnclosed(cursor, open, '{', '}', 'the object');
  const key = parseObjectKey(cursor, token);
  const sign = cursor.peek();
  if (sign.kind !== '=' && sign.kind !== ':') {
    failOnStrangeToken(cursor, sign);
    if (sign.kind === '{') {
      cursor.fail(
        cursor.spanOf(sign),
        'missing-equals',
        `"=" is missing before "{": inside an object there are no blocks`,
        {
          hint: `write ${key.span.file.text.slice(key.span.start, key.span.end)} = {`,
        },
      );
    }
    cursor.fail(
      cursor.gap(),
      'missing-equals',
      `"=" and a value are missing after the object key, before ${describeToken(cursor, sign)}`,
      {
        hint: 'write KEY = VALUE',
        notes: [{ message: 'the object', span: cursor.spanOf(open) }],
      },
    );
  }
  cursor.next();
  return { key, value: parseExpression(cursor) };
}

function parseObjectKey(cursor: Cursor, token: Token): Expression {
  const after = cursor.peekAfter().kind;
  if (token.kind === 'identifier' && (after === '=' || after === ':' || after === '{')) {
    cursor.next();
    return { kind: 'literal', value: cursor.text(token), span: cursor.spanOf(token) };
  }
  const key = parseExpression(cursor);
  if (key.kind === 'attribute' || key.kind === 'index') {
    const written = key.span.file.text.slice(key.span.start, key.span.end);
    cursor.report(key.span, 'ambiguous-key', `the object key ${written} may be meant as a reference or as text`, {
      hint: `write (${written}) for the reference, "${written.replaceAll('"', '')}" for the text`,
    });
  }
  return key;
}

function isFor(cursor: Cursor): boolean {
  const token = cursor.peek();
  if (token.kind !== 'identifier' || cursor.text(token) !== 'for') return false;
  return cursor.peekAfter().kind === 'identifier';
}

/** Reads `K, V in COLLECTION` of a for expression or a %{for} directive, after the word `for`. */
export function parseForIntro(cursor: Cursor): { keyName: Name | undefined; valueName: Name; collection: Expression } {
  const first = readName(cursor);
  const second = cursor.accept(',') ? readName(cursor) : undefined;
  const token = cursor.peek();
  if (token.kind !== 'identifier' || cursor.text(token) !== 'in') {
    cursor.fail(cursor.gap(), 'missing-in', `"in" is missing before ${describeToken(cursor, token)}`, {
      hint: 'write "for NAME in COLLECTION" or "for KEY, VALUE in COLLECTION"',
    });
  }
  cursor.next();
  return { keyName: second && first, valueName: second ?? first, collection: parseExpression(cursor) };
}

function readName(cursor: Cursor): Name {
  const token = cursor.peek();
  if (token.kind !== 'identifier') {
    cursor.fail(cursor.spanOf(token), 'missing-name', `"for" needs a name here, not ${describeToken(cursor, token)}`, {
      hint: 'write "for NAME in COLLECTION" or "for KEY, VALUE in COLLECTION"',
    });
  }
  cursor.next();
  return { text: cursor.text(token), span: cursor.spanOf(token) };
}

function parseFor(cursor: Cursor, open: Token, closer: ']' | '}'): Expression {
  cursor.next();
  const { keyName, valueName, collection } = parseForIntro(cursor);
  if (!cursor.accept(':')) {
    cursor.fail(
      cursor.gap(),
      'missing-colon',
      `":" is missing after the collection, before ${describeToken(cursor, cursor.peek())}`,
      {
        hint:
          closer === ']' ? 'write [for NAME in COLLECTION : VALUE]' : 'write {for NAME in COLLECTION : KEY => VALUE}',
      },
    );
  }
  let value = parseExpression(cursor);
  let key: Expression | undefined;
  const arrow = cursor.accept('=>');
  if (arrow) {
    key = value;
    value = parseExpression(cursor);
  }
  if (arrow && closer === ']') {
    cursor.report(cursor.spanOf(arrow), 'misplaced-arrow', '"=>" makes an object, but the "[" opened a list', {
      hint: 'write {for ... : KEY => VALUE}, or give a single value',
    });
  }
  if (!arrow && closer === '}') {
    cursor.fail(cursor.gap(), 'missing-arrow', 'an object needs a key and a value for each element', {
      hint: 'write {for ... : KEY => VALUE}, or [for ... : VALUE] for a list',
    });
  }
  const ellipsis = cursor.accept('...');
  if (ellipsis && !key) {
    cursor.report(
      cursor.spanOf(ellipsis),
      'misplaced-ellipsis',
      '"..." groups equal keys and has no meaning in a list',
      {
        hint: 'delete it',
      },
    );
  }
  const word = cursor.peek();
  let condition: Expression | undefined;
  if (word.kind === 'identifier' && cursor.text(word) === 'if') {
    cursor.next();
    condition = parseExpression(cursor);
  }
  if (!cursor.accept(closer)) {
    failOnUnclosed(cursor, open, closer === ']' ? '[' : '{', closer, 'the for expression');
  }
  const span = cursor.since(open.start);
  return { kind: 'for', keyName, valueName, collection, key, value, condition, group: ellipsis !== undefined, span };
}
