import type { ConfigNode, MemberNode } from '../../../sdk/node.ts';
import type { Span } from '../../../sdk/source.ts';
import type { Scope } from '../eval/index.ts';
import type { Expression } from '../syntax/ast.ts';
import { toDouble, toText } from '../values/number.ts';
import type { Value } from '../values/value.ts';
import { referencesIn } from './references.ts';

type Origins = NonNullable<ConfigNode['origins']>;

/** A value as configuration, each part with the place where it is written; referenced variables are named as its origins. */
export function toNode(value: Value, expression: Expression, scope: Scope): ConfigNode {
  const inner = innermost(expression);
  if (inner.kind === 'tuple' && value.kind === 'sequence' && inner.items.length === value.items.length) {
    const items = value.items.map((item, index) => toNode(item, inner.items[index] ?? inner, scope));
    return { kind: 'array', items, span: inner.span };
  }
  if (inner.kind === 'object' && value.kind === 'mapping') {
    const written = new Map(
      inner.items.flatMap(item => (item.key.kind === 'literal' ? [[String(item.key.value), item] as const] : [])),
    );
    const members = [...value.entries].map(([key, one]): MemberNode => {
      const item = written.get(key);
      return { key, keySpan: item?.key.span ?? inner.span, value: toNode(one, item?.value ?? inner, scope) };
    });
    return { kind: 'object', members: inWrittenOrder(members), span: inner.span };
  }
  return flatNode(value, expression.span, originsOf(expression, scope));
}

function innermost(expression: Expression): Expression {
  return expression.kind === 'parentheses' ? innermost(expression.inner) : expression;
}

function inWrittenOrder(members: MemberNode[]): MemberNode[] {
  return members.sort((a, b) => a.keySpan.start - b.keySpan.start);
}

/** A value all of whose parts are at one place. */
function flatNode(value: Value, span: Span, origins: Origins = []): ConfigNode {
  const placed = origins.length > 0 ? { span, origins } : { span };
  switch (value.kind) {
    case 'unknown':
    case 'null':
      return { kind: value.kind, ...placed };
    case 'string':
      return { kind: 'string', value: value.text, ...placed };
    case 'bool':
      return { kind: 'boolean', value: value.flag, ...placed };
    case 'number':
      return { kind: 'number', value: toDouble(value.number), text: toText(value.number), ...placed };
    case 'sequence':
      return { kind: 'array', items: value.items.map(item => flatNode(item, span, origins)), ...placed };
    case 'mapping': {
      const members = [...value.entries].map(([key, item]) => ({
        key,
        keySpan: span,
        value: flatNode(item, span, origins),
      }));
      return { kind: 'object', members, ...placed };
    }
  }
}

function originsOf(expression: Expression, scope: Scope): Origins {
  const origin = scope.roots.get('var')?.origin;
  if (!origin || expression.kind === 'literal' || expression.kind === 'number') return [];
  const names = new Set(
    referencesIn(expression).flatMap(({ root, path }) => (root === 'var' && path[0] !== undefined ? [path[0]] : [])),
  );
  return [...names].flatMap(name => origin(name) ?? []);
}
