import type { Span } from '../../../sdk/source.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import type { AttributeExpression, Expression, IndexExpression } from '../syntax/ast.ts';
import { isInteger, toText, truncate } from '../values/number.ts';
import { describeType, NUMBER, STRING } from '../values/types.ts';
import { UNKNOWN, unknown, type Value } from '../values/value.ts';
import type { Evaluator } from './index.ts';

/** `target.name` */
export function attributeOf(evaluator: Evaluator, expression: AttributeExpression): Value {
  const target = evaluator.evaluate(expression.target);
  const { text, span } = expression.name;
  const result = member(target, text);
  if (result) return result;
  const root = expression.target.kind === 'variable' ? evaluator.scope.roots.get(expression.target.name) : undefined;
  const explained = root?.missing?.(text);
  if (explained) {
    const { message, hint } = explained;
    return evaluator.fail(expression.span, 'unknown-reference', message, hint === undefined ? {} : { hint });
  }
  return failOnMember(evaluator, target, text, span);
}

/** A member of an object or map; undefined when there is none. */
function member(target: Value, name: string): Value | undefined {
  if (target.kind === 'mapping') return target.entries.get(name);
  if (target.kind === 'unknown') {
    if (target.type.kind === 'dynamic') return UNKNOWN;
    if (target.type.kind === 'map') return unknown(target.type.element);
    const type = target.type.kind === 'object' ? target.type.attributes.get(name) : undefined;
    return type && unknown(type);
  }
  return undefined;
}

function failOnMember(evaluator: Evaluator, target: Value, name: string, span: Span): Value {
  if (target.kind === 'null') return evaluator.fail(span, 'null-value', `null has no attribute "${name}"`);
  if (target.kind === 'mapping' || target.type.kind === 'object') {
    const names =
      target.kind === 'mapping'
        ? [...target.entries.keys()]
        : target.type.kind === 'object'
          ? [...target.type.attributes.keys()]
          : [];
    const near = didYouMean(name, names).hint;
    const hint =
      near ??
      (names.length > 0 && names.length <= 12 ? `it has ${names.map(one => `"${one}"`).join(', ')}` : undefined);
    return evaluator.fail(
      span,
      'unknown-attribute',
      `this ${target.type.kind === 'map' ? 'map has no element' : 'object has no attribute'} "${name}"`,
      hint === undefined ? {} : { hint },
    );
  }
  if (target.type.kind === 'list' || target.type.kind === 'tuple' || target.type.kind === 'set') {
    return evaluator.fail(span, 'unknown-attribute', `a ${target.type.kind} has no attributes`, {
      hint:
        target.type.kind === 'set'
          ? `write [for x in ... : x.${name}] for that of each element`
          : `write [0].${name} for that of the first element, [*].${name} for that of each`,
    });
  }
  return evaluator.fail(span, 'unknown-attribute', `a ${describeType(target.type)} has no attributes, so no "${name}"`);
}

/** `target[key]` and `target.0` */
export function elementOf(evaluator: Evaluator, expression: IndexExpression): Value {
  const target = evaluator.evaluate(expression.target);
  const key = evaluator.evaluate(expression.key);
  if (key.kind === 'null') return evaluator.fail(expression.key.span, 'null-value', 'an index cannot be null');
  if (target.kind === 'null') return evaluator.fail(expression.target.span, 'null-value', 'null has no elements');
  switch (target.type.kind) {
    case 'dynamic':
      return UNKNOWN;
    case 'list':
    case 'tuple':
      return itemOf(evaluator, target, key, expression.key);
    case 'map':
    case 'object':
      return entryOf(evaluator, target, key, expression.key);
    case 'set':
      return evaluator.fail(expression.key.span, 'invalid-index', 'the elements of a set have no index', {
        hint: 'write sort(...) or [for x in ... : x] to make a list of it',
      });
    default:
      return evaluator.fail(expression.key.span, 'invalid-index', `a ${describeType(target.type)} has no elements`);
  }
}

function itemOf(evaluator: Evaluator, target: Value, key: Value, at: Expression): Value {
  const index = evaluator.convert(key, NUMBER, at, 'the index of a list');
  if (index.kind !== 'number') return target.type.kind === 'list' ? unknown(target.type.element) : UNKNOWN;
  if (!isInteger(index.number))
    return evaluator.fail(at.span, 'invalid-index', `${toText(index.number)} is not a whole number`);
  const position = Number(truncate(index.number));
  const length =
    target.kind === 'sequence'
      ? target.items.length
      : target.type.kind === 'tuple'
        ? target.type.elements.length
        : undefined;
  if (position < 0 || (length !== undefined && position >= length)) {
    return evaluator.fail(
      at.span,
      'invalid-index',
      `there is no element ${position}: ${length === 0 ? 'the list is empty' : `the indexes go from 0${length === undefined ? ' on' : ` to ${length - 1}`}`}`,
    );
  }
  if (target.kind === 'sequence') return target.items[position] ?? UNKNOWN;
  if (target.type.kind === 'tuple') return unknown(target.type.elements[position]);
  return target.type.kind === 'list' ? unknown(target.type.element) : UNKNOWN;
}

function entryOf(evaluator: Evaluator, target: Value, key: Value, at: Expression): Value {
  const name = evaluator.convert(key, STRING, at, 'the key of a map');
  if (name.kind !== 'string') return target.type.kind === 'map' ? unknown(target.type.element) : UNKNOWN;
  return member(target, name.text) ?? failOnMember(evaluator, target, name.text, at.span);
}
