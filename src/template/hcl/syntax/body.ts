import type { Attribute, Block, Name, NativeBody } from './ast.ts';
import { type Cursor, GiveUp } from './cursor.ts';
import { describeToken, failOnStrangeToken } from './describe.ts';
import { parseExpression } from './expression.ts';
import { failOnHeader, parseLabel } from './labels.ts';
import { skipItem } from './recovery.ts';
import type { Token } from './tokens.ts';

/** The block whose body is being read; blocks that seem to have lost their brace are remembered. */
interface Enclosing {
  readonly open: Token;
  readonly type: Token;
  readonly suspects: Suspect[];
}

/** A block inside which a line is not indented, as if the block had ended before it. */
interface Suspect {
  readonly block: Enclosing;
  readonly line: number;
}

/** Parses arguments and blocks up to the end of the file. */
export function parseFileBody(cursor: Cursor): NativeBody {
  return parseItems(cursor, undefined, []);
}

function parseItems(cursor: Cursor, enclosing: Enclosing | undefined, suspects: Suspect[]): NativeBody {
  const start = enclosing ? enclosing.open.end : 0;
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (;;) {
    cursor.skipNewlines();
    const token = cursor.peek();
    if (token.kind === 'end' || (token.kind === '}' && enclosing)) break;
    const first = cursor.index;
    if (enclosing && token.kind === 'identifier' && cursor.column(token.start) <= cursor.column(enclosing.type.start)) {
      const line = cursor.line(token.start);
      if (line !== cursor.line(enclosing.type.start)) suspects.push({ block: enclosing, line });
    }
    try {
      parseItem(cursor, token, attributes, blocks, suspects);
      requireNewline(cursor);
    } catch (error) {
      if (!(error instanceof GiveUp)) throw error;
      skipItem(cursor, first, enclosing !== undefined);
    }
  }
  return {
    syntax: 'native',
    attributes: [...attributes.values()],
    blocks,
    span: cursor.span(start, cursor.peek().start),
  };
}

function parseItem(
  cursor: Cursor,
  token: Token,
  attributes: Map<string, Attribute>,
  blocks: Block[],
  suspects: Suspect[],
): void {
  if (token.kind !== 'identifier') failOnBadStart(cursor, token);
  cursor.next();
  const name: Name = { text: cursor.text(token), span: cursor.spanOf(token) };
  const after = cursor.peek();
  if (after.kind === '=') {
    const attribute = parseAttribute(cursor, name);
    const earlier = attributes.get(name.text);
    if (earlier) reportDuplicate(cursor, name, earlier);
    else attributes.set(name.text, attribute);
  } else if (after.kind === '{' || after.kind === 'open-quote' || after.kind === 'identifier') {
    blocks.push(parseBlock(cursor, token, name, suspects));
  } else {
    failOnStrangeToken(cursor, after);
    if (after.kind === ':') {
      cursor.fail(cursor.spanOf(after), 'missing-equals', `arguments are written with "=", not with ":"`, {
        hint: `write ${name.text} = VALUE`,
      });
    }
    cursor.fail(
      name.span,
      'missing-equals',
      `neither an argument nor a block: ${describeToken(cursor, after)} follows "${name.text}"`,
      {
        hint: `write ${name.text} = VALUE for an argument, ${name.text} { ... } for a block`,
      },
    );
  }
}

/** In a body of several lines every item has its own. */
function requireNewline(cursor: Cursor): void {
  const token = cursor.peek();
  if (token.kind !== '}') return;
  cursor.report(cursor.gap(), 'missing-newline', 'the "}" of a block of several lines stands on its own line', {
    hint: 'start a new line before "}"',
  });
}

function reportDuplicate(cursor: Cursor, name: Name, earlier: Attribute): void {
  // Both versions of an unresolved conflict set it.
  if (cursor.diagnostics.some(one => one.code === 'merge-conflict')) return;
  cursor.report(name.span, 'duplicate-argument', `"${name.text}" is set twice in this block`, {
    hint: 'delete one of the two',
    notes: [{ message: 'set here first', span: earlier.nameSpan }],
  });
}

function failOnBadStart(cursor: Cursor, token: Token): never {
  failOnStrangeToken(cursor, token);
  const span = cursor.spanOf(token);
  if (token.kind === '}') {
    cursor.fail(span, 'stray-brace', 'this "}" closes nothing', { hint: 'delete it, or add the "{" it belongs to' });
  }
  if (token.kind === 'open-quote') {
    cursor.fail(span, 'quoted-name', 'names of arguments and blocks stand without quotes', {
      hint: 'write name = value; for a file in JSON use the suffix .pkr.json',
    });
  }
  return cursor.fail(
    span,
    'missing-name',
    `an argument or a block must start with a name, not with ${describeToken(cursor, token)}`,
  );
}

function parseAttribute(cursor: Cursor, name: Name): Attribute {
  cursor.next();
  const expression = parseExpression(cursor);
  const span = cursor.through(name.span);
  const after = cursor.peek();
  if (after.kind !== 'newline' && after.kind !== 'end' && after.kind !== '}') failOnRest(cursor, name, after);
  return { name: name.text, nameSpan: name.span, expression, span };
}

function failOnRest(cursor: Cursor, name: Name, after: Token): never {
  failOnStrangeToken(cursor, after);
  if (after.kind === ',') {
    cursor.fail(cursor.spanOf(after), 'unexpected-comma', 'no comma stands between the arguments of a block', {
      hint: 'start a new line instead; for an object write NAME = { ... }',
    });
  }
  if (after.kind === '=') {
    cursor.fail(cursor.spanOf(after), 'unexpected-equals', `a second "=" follows the value of "${name.text}"`, {
      hint: 'write == to compare',
    });
  }
  return cursor.fail(
    cursor.gap(),
    'missing-newline',
    `the value of "${name.text}" ends here, but ${describeToken(cursor, after)} follows on the same line`,
    {
      hint: 'start a new line, or put the text in double quotes',
    },
  );
}

function parseBlock(cursor: Cursor, token: Token, name: Name, suspects: Suspect[]): Block {
  const labels: Name[] = [];
  for (;;) {
    const next = cursor.peek();
    if (next.kind === '{') break;
    if (next.kind === 'identifier') {
      cursor.next();
      labels.push({ text: cursor.text(next), span: cursor.spanOf(next) });
    } else if (next.kind === 'open-quote') labels.push(parseLabel(cursor));
    else {
      failOnHeader(cursor, name, labels, next);
      break;
    }
  }
  const headerSpan = cursor.since(token.start);
  const open = cursor.next();
  const body = cursor.nested(() => cursor.within(true, () => parseBlockBody(cursor, { open, type: token, suspects })));
  const after = cursor.peek();
  if (after.kind !== 'newline' && after.kind !== 'end' && after.kind !== '}') {
    failOnStrangeToken(cursor, after);
    cursor.report(
      cursor.gap(),
      'missing-newline',
      `${describeToken(cursor, after)} follows the block "${name.text}" on the same line`,
      { hint: 'start a new line after "}"' },
    );
    if (after.kind === ',') cursor.next();
  }
  return { type: name.text, typeSpan: name.span, labels, body, headerSpan, span: cursor.since(token.start) };
}

function parseBlockBody(cursor: Cursor, enclosing: Enclosing): NativeBody {
  if (!cursor.at('newline') && !cursor.at('}') && !cursor.at('end')) return parseOneLine(cursor, enclosing);
  const body = parseItems(cursor, enclosing, enclosing.suspects);
  if (!cursor.accept('}')) reportUnclosed(cursor, enclosing);
  return body;
}

/** `name { argument = value }`: one argument at most. */
function parseOneLine(cursor: Cursor, enclosing: Enclosing): NativeBody {
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  const first = cursor.peek();
  parseItem(cursor, first, attributes, blocks, enclosing.suspects);
  const inner = blocks[0];
  if (inner) {
    cursor.report(inner.headerSpan, 'block-on-one-line', 'a block written on one line cannot contain another block', {
      hint: 'start a new line after the "{"',
    });
  }
  if (cursor.at('newline')) {
    cursor.report(
      cursor.spanOf(first),
      'block-on-one-line',
      'a block of several lines starts its first argument on a new line',
      { hint: 'start a new line after the "{"' },
    );
    const rest = parseItems(cursor, enclosing, enclosing.suspects);
    if (!cursor.accept('}')) reportUnclosed(cursor, enclosing);
    return { ...rest, attributes: [...attributes.values(), ...rest.attributes], blocks: [...blocks, ...rest.blocks] };
  }
  const span = cursor.span(enclosing.open.end, cursor.peek().start);
  if (!cursor.accept('}')) reportUnclosed(cursor, enclosing);
  return { syntax: 'native', attributes: [...attributes.values()], blocks, span };
}

function reportUnclosed(cursor: Cursor, enclosing: Enclosing): void {
  // Complain once, about the block whose contents look as if they stood outside of it.
  if (cursor.diagnostics.some(one => one.code === 'unclosed-block')) return;
  const [suspect] = enclosing.suspects;
  const likely = suspect?.block ?? enclosing;
  const type = cursor.text(likely.type);
  const where = suspect ? `before line ${suspect.line}, which is not indented` : 'after its last argument';
  cursor.report(cursor.spanOf(likely.open), 'unclosed-block', `the block "${type}" opened here is never closed`, {
    hint: `write "}" ${where}`,
  });
}
