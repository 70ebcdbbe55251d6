import type { Expression, ForExpression, SplatExpression } from '../syntax/ast.ts';
import { describeType, STRING, sameType } from '../values/types.ts';
import { list, object, string, tuple, UNKNOWN, unknown, type Value, whole } from '../values/value.ts';
import type { Evaluator } from './index.ts';
import { withName } from './scope.ts';

/** Keys and values of a collection, as `for` sees them; undefined when they are unknown or there are none. */
export function elementsOf(
  evaluator: Evaluator,
  expression: Expression,
  what: string,
): readonly (readonly [Value, Value])[] | undefined {
  const value = evaluator.evaluate(expression);
  const count = value.kind === 'sequence' ? value.items.length : value.kind === 'mapping' ? value.entries.size : 0;
  if (!evaluator.mayGoOver(count, expression.span)) return undefined;
  switch (value.kind) {
    case 'sequence':
      return value.items.map((item, index) => [value.type.kind === 'set' ? item : whole(index), item] as const);
    case 'mapping':
      return [...value.entries].map(([key, item]) => [string(key), item] as const);
    case 'null':
      evaluator.fail(expression.span, 'null-value', `${what} cannot go over null`, {
        hint: 'write coalescelist(..., []) or a conditional for an empty list instead',
      });
      return undefined;
    case 'unknown':
      if (['string', 'number', 'bool'].includes(value.type.kind)) break;
      return undefined;
  }
  evaluator.fail(
    expression.span,
    'wrong-type',
    `${what} goes over a list, set, map or object, not over a ${describeType(value.type)}`,
  );
  return undefined;
}

export function evaluateFor(evaluator: Evaluator, expression: ForExpression): Value {
  const elements = elementsOf(evaluator, expression.collection, '"for"');
  if (!elements) return UNKNOWN;
  const gathered: { key: string | undefined; value: Value }[] = [];
  let known = true;
  for (const [key, value] of elements) {
    const names: [string, Value][] = expression.keyName ? [[expression.keyName.text, key]] : [];
    const inner = evaluator.in(withName(evaluator.scope, [...names, [expression.valueName.text, value]]));
    if (expression.condition) {
      const before = evaluator.diagnostics.length;
      const wanted = inner.condition(expression.condition, 'the condition after "if"');
      if (evaluator.diagnostics.length > before) return UNKNOWN;
      if (wanted === undefined) known = false;
      if (wanted !== true) continue;
    }
    const name = expression.key && keyOf(inner, expression.key);
    if (expression.key && name === undefined) known = false;
    gathered.push({ key: name, value: inner.evaluate(expression.value) });
  }
  if (!known) return UNKNOWN;
  if (!expression.key) return tuple(gathered.map(one => one.value));
  return expression.group ? grouped(gathered) : distinct(evaluator, expression, gathered);
}

function keyOf(evaluator: Evaluator, expression: Expression): string | undefined {
  const key = evaluator.convert(evaluator.evaluate(expression), STRING, expression, 'the key of an object');
  if (key.kind === 'null') evaluator.fail(expression.span, 'null-value', 'the key of an object cannot be null');
  return key.kind === 'string' ? key.text : undefined;
}

function grouped(gathered: readonly { key: string | undefined; value: Value }[]): Value {
  const groups = new Map<string, Value[]>();
  for (const { key = '', value } of gathered) {
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return object([...groups].map(([key, values]) => [key, tuple(values)]));
}

function distinct(
  evaluator: Evaluator,
  expression: ForExpression,
  gathered: readonly { key: string | undefined; value: Value }[],
): Value {
  const entries = new Map<string, Value>();
  for (const { key = '', value } of gathered) {
    if (entries.has(key)) {
      const at = expression.key ?? expression;
      return evaluator.fail(at.span, 'duplicate-key', `two elements give the key "${key}"`, {
        hint: 'write "..." after the value to gather the values of equal keys in lists',
      });
    }
    entries.set(key, value);
  }
  return object(entries);
}

/** `[*]` and `.*`: what is no list is taken as a list of one, null as an empty one. */
export function evaluateSplat(evaluator: Evaluator, expression: SplatExpression): Value {
  const target = evaluator.evaluate(expression.target);
  if (target.kind === 'null') {
    if (['list', 'set', 'tuple'].includes(target.type.kind))
      return evaluator.fail(expression.target.span, 'null-value', 'null has no elements');
    return tuple([]);
  }
  const each = (item: Value): Value => evaluator.in(evaluator.scope, item).evaluate(expression.each);
  if (target.kind === 'sequence') {
    const items = target.items.map(each);
    if (target.type.kind === 'tuple') return tuple(items);
    const [first] = items;
    if (!first)
      return list(
        target.type.element.kind === 'dynamic' ? target.type.element : each(unknown(target.type.element)).type,
        [],
      );
    return items.every(item => sameType(item.type, first.type)) ? list(first.type, items) : tuple(items);
  }
  if (target.kind === 'unknown') {
    if (target.type.kind === 'dynamic') return UNKNOWN;
    if (target.type.kind === 'tuple') return tuple(target.type.elements.map(type => each(unknown(type))));
    if (target.type.kind === 'list' || target.type.kind === 'set') {
      return unknown({ kind: 'list', element: each(unknown(target.type.element)).type });
    }
  }
  return tuple([each(target)]);
}
