import { parseAccess } from './access.ts';
import type { BinaryOperator, Expression, Name } from './ast.ts';
import { parseObject, parseTuple } from './collections.ts';
import type { Cursor } from './cursor.ts';
import { describeToken, failOnStrangeToken, startsExpression } from './describe.ts';
import { parseTemplateLiteral } from './template.ts';
import type { Token } from './tokens.ts';

const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

/** Parses one expression; gives up with a diagnostic when there is none. */
export function parseExpression(cursor: Cursor): Expression {
  return cursor.nested(() => {
    const condition = parseBinary(cursor, 1);
    const question = cursor.accept('?');
    if (!question) return condition;
    const whenTrue = parseExpression(cursor);
    if (!cursor.accept(':')) {
      cursor.fail(
        cursor.gap(),
        'missing-colon',
        `the conditional has no ":" before ${describeToken(cursor, cursor.peek())}`,
        {
          hint: 'write CONDITION ? VALUE : OTHER_VALUE',
          notes: [{ message: 'the conditional', span: cursor.spanOf(question) }],
        },
      );
    }
    const whenFalse = parseExpression(cursor);
    const span = cursor.through(condition.span);
    return { kind: 'conditional', condition, whenTrue, whenFalse, span };
  });
}

function parseBinary(cursor: Cursor, lowest: number): Expression {
  let left = parseUnary(cursor);
  for (let chain = 0; ; chain++) {
    const token = cursor.peek();
    const precedence = PRECEDENCE[token.kind];
    if (precedence === undefined || precedence < lowest) return left;
    cursor.limitChain(chain, token);
    cursor.next();
    const right = cursor.nested(() => parseBinary(cursor, precedence + 1));
    left = {
      kind: 'binary',
      operator: token.kind as BinaryOperator,
      operatorSpan: cursor.spanOf(token),
      left,
      right,
      span: cursor.through(left.span),
    };
  }
}

function parseUnary(cursor: Cursor): Expression {
  const token = cursor.peek();
  if (token.kind !== '-' && token.kind !== '!') return parseAccess(cursor, parseTerm(cursor));
  const operator = token.kind;
  cursor.next();
  const operand = cursor.nested(() => parseUnary(cursor));
  return { kind: 'unary', operator, operand, span: cursor.since(token.start) };
}

function parseTerm(cursor: Cursor): Expression {
  const token = cursor.peek();
  const span = cursor.spanOf(token);
  switch (token.kind) {
    case 'number':
      cursor.next();
      return parseNumber(cursor, token);
    case 'identifier':
      cursor.next();
      return parseNamed(cursor, token);
    case 'open-quote':
    case 'open-heredoc':
      return parseTemplateLiteral(cursor);
    case '[':
      return cursor.nested(() => parseTuple(cursor));
    case '{':
      return cursor.nested(() => parseObject(cursor));
    case '(':
      return parseParentheses(cursor);
    case 'wrong-quotes': {
      cursor.next();
      const text = cursor.text(token);
      const closed = text.length > 1;
      cursor.report(span, 'wrong-quotes', `strings stand in double quotes, not in ${text.charAt(0)}`, {
        hint: closed ? `write ${JSON.stringify(text.slice(1, -1))}` : 'write "..."',
      });
      return { kind: 'literal', value: closed ? text.slice(1, -1) : '', span };
    }
    default:
      failOnStrangeToken(cursor, token);
      if (token.kind === '<') failOnBrokenHeredoc(cursor, token);
      return cursor.fail(
        token.kind === 'newline' || token.kind === 'end' ? cursor.gap() : span,
        'missing-expression',
        `a value is missing before ${describeToken(cursor, token)}`,
        {
          hint: 'write a string in double quotes, a number, true, false, [list], {object} or a reference such as var.NAME',
        },
      );
  }
}

function failOnBrokenHeredoc(cursor: Cursor, token: Token): void {
  if (cursor.file.text.charAt(token.start + 1) !== '<') return;
  const lineEnd = cursor.file.text.indexOf('\n', token.start);
  const end = lineEnd < 0 ? cursor.file.text.length : lineEnd;
  const marker = /^<<-?\s*["']?([\p{ID_Start}_][\p{ID_Continue}-]*)/u.exec(
    cursor.file.text.slice(token.start, end),
  )?.[1];
  cursor.fail(
    cursor.span(token.start, end),
    'broken-heredoc',
    'after "<<" stands the bare marker and then the line ends',
    {
      hint: `write <<${marker ?? 'EOT'} alone at the end of the line`,
    },
  );
}

function parseNumber(cursor: Cursor, token: Token): Expression {
  const text = cursor.text(token);
  const span = cursor.spanOf(token);
  if (!/^\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) {
    cursor.report(span, 'invalid-number', `"${text}" is not a number`, {
      hint: `write "${text}" in double quotes if it is text`,
    });
    return { kind: 'number', text: '0', span };
  }
  const after = cursor.tokens[cursor.index];
  if (after?.kind === 'identifier' && after.start === token.end) {
    cursor.next();
    const whole = cursor.since(token.start);
    const written = cursor.file.text.slice(token.start, cursor.lastEnd);
    cursor.report(whole, 'invalid-number', `"${written}" is neither a number nor a name`, {
      hint: `write "${written}" in double quotes if it is text`,
    });
    return { kind: 'literal', value: written, span: whole };
  }
  return { kind: 'number', text, span };
}

function parseNamed(cursor: Cursor, token: Token): Expression {
  const span = cursor.spanOf(token);
  let text = cursor.text(token);
  while (cursor.at('::') && cursor.peekAfter().kind === 'identifier') {
    cursor.next();
    text += `::${cursor.text(cursor.next())}`;
  }
  if (cursor.at('(') && cursor.tokens[cursor.index]?.kind === '(') {
    return parseCall(cursor, { text, span: cursor.since(token.start) });
  }
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', span };
  if (text === 'null') return { kind: 'literal', value: null, span };
  return { kind: 'variable', name: text, span };
}

function parseParentheses(cursor: Cursor): Expression {
  const open = cursor.next();
  return cursor.within(false, () => {
    const inner = parseExpression(cursor);
    if (!cursor.accept(')')) failOnUnclosed(cursor, open, '(', ')', 'the parentheses');
    return { kind: 'parentheses', inner, span: cursor.since(open.start) };
  });
}

/** Complains that a bracket was not closed where it should have been. */
export function failOnUnclosed(cursor: Cursor, open: Token, sign: string, closer: string, what: string): never {
  const found = cursor.peek();
  failOnStrangeToken(cursor, found);
  cursor.fail(
    cursor.gap(),
    'unclosed-bracket',
    `${what} opened on line ${cursor.line(open.start)} ${what.endsWith('s') ? 'are' : 'is'} not closed: "${closer}" is missing before ${describeToken(cursor, found)}`,
    { notes: [{ message: `the "${sign}" that is not closed`, span: cursor.spanOf(open) }] },
  );
}

function parseCall(cursor: Cursor, name: Name): Expression {
  const open = cursor.next();
  return cursor.within(false, () => {
    const args: Expression[] = [];
    let expandLast = false;
    while (!cursor.at(')')) {
      args.push(parseExpression(cursor));
      if (cursor.accept('...')) {
        expandLast = true;
        cursor.accept(',');
        if (!cursor.at(')')) {
          cursor.fail(cursor.spanOf(cursor.peek()), 'misplaced-ellipsis', '"..." may follow only the last argument');
        }
        break;
      }
      if (cursor.accept(',')) continue;
      if (cursor.at(')')) break;
      if (!startsExpression(cursor.peek())) failOnUnclosed(cursor, open, '(', ')', `the call of ${name.text}`);
      cursor.report(cursor.gap(), 'missing-comma', `a comma is missing between two arguments of ${name.text}`, {
        hint: 'write "," here',
      });
    }
    cursor.next();
    return { kind: 'call', name, args, expandLast, span: cursor.through(name.span) };
  });
}
