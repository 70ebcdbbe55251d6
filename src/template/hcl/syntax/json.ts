import type { Diagnostic } from '../../../sdk/diagnostics.ts';
import type { ConfigNode, StringNode } from '../../../sdk/node.ts';
import type { Span } from '../../../sdk/source.ts';
import type { Expression, JsonBody, ObjectItem } from './ast.ts';
import type { Relocate } from './cursor.ts';
import { parseHclExpression, parseHclTemplate } from './index.ts';

/** The body of a file, or of a block, in HCL's JSON syntax: its members may turn out to be arguments or blocks. Keys `//` are comments. */
export function jsonBody(node: ConfigNode & { kind: 'object' }): JsonBody {
  const members = node.members
    .filter(member => member.key !== '//')
    .map(member => ({ name: member.key, nameSpan: member.keySpan, value: member.value }));
  return { syntax: 'json', members, span: node.span };
}

interface Converted {
  readonly expression: Expression;
  /** Of the value and all inside. */
  readonly problems: readonly Diagnostic[];
}

const converted = new WeakMap<ConfigNode, Converted>();
const told = new WeakSet<Diagnostic>();

/**
 * A JSON value as an expression: strings, and keys of objects, are templates. What is wrong with one is pushed once;
 * without `diagnostics` it is kept for the next caller.
 */
export function jsonExpression(node: ConfigNode, diagnostics: Diagnostic[] | undefined): Expression {
  const { expression, problems } = lookUp(node);
  for (const one of diagnostics ? problems : []) {
    if (!told.has(one)) diagnostics?.push(one);
    told.add(one);
  }
  return expression;
}

function lookUp(node: ConfigNode): Converted {
  const known = converted.get(node);
  if (known) return known;
  const problems: Diagnostic[] = [];
  const made = { expression: convert(node, problems), problems };
  converted.set(node, made);
  return made;
}

function inner(node: ConfigNode, problems: Diagnostic[]): Expression {
  const made = lookUp(node);
  problems.push(...made.problems);
  return made.expression;
}

function convert(node: ConfigNode, diagnostics: Diagnostic[]): Expression {
  const { span } = node;
  switch (node.kind) {
    case 'object': {
      const items = node.members.map(
        (member): ObjectItem => ({
          key: template(member.key, member.keySpan, diagnostics),
          value: inner(member.value, diagnostics),
        }),
      );
      return { kind: 'object', items, span };
    }
    case 'array':
      return { kind: 'tuple', items: node.items.map(item => inner(item, diagnostics)), span };
    case 'string':
      return template(node.value, span, diagnostics);
    case 'number':
      // JSON's sign belongs to the number.
      if (node.text.startsWith('-'))
        return { kind: 'unary', operator: '-', operand: { kind: 'number', text: node.text.slice(1), span }, span };
      return { kind: 'number', text: node.text, span };
    case 'boolean':
      return { kind: 'literal', value: node.value, span };
    default:
      return { kind: 'literal', value: null, span };
  }
}

function template(text: string, span: Span, diagnostics: Diagnostic[]): Expression {
  if (!/[$%]\{/.test(text)) return { kind: 'literal', value: text, span };
  const parsed = parseHclTemplate({ path: span.file.path, text }, relocateInto(text, span));
  diagnostics.push(...parsed.diagnostics);
  return parsed.expression ?? { kind: 'literal', value: text, span };
}

/** A string whose text is an expression, such as the type of a variable. */
export function expressionInString(node: StringNode, diagnostics: Diagnostic[]): Expression | undefined {
  const parsed = parseHclExpression(
    { path: node.span.file.path, text: node.value },
    relocateInto(node.value, node.span),
  );
  diagnostics.push(...parsed.diagnostics);
  return parsed.expression;
}

/** Exact places where the string is written without escapes, else the whole string. */
function relocateInto(text: string, span: Span): Relocate {
  const start = span.start + 1;
  if (span.file.text.slice(start, span.end - 1) !== text) return () => span;
  return (from, to) => ({ file: span.file, start: start + from, end: start + to });
}
