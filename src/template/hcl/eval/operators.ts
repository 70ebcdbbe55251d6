import type { BinaryExpression, BinaryOperator, UnaryExpression } from '../syntax/ast.ts';
import { add, compare, multiply, type Num, negate, quotient, remainder, subtract } from '../values/number.ts';
import { BOOL, NUMBER, type Type } from '../values/types.ts';
import { bool, equalValues, number, unknown, type Value } from '../values/value.ts';
import type { Evaluator } from './index.ts';

const LOGICAL: ReadonlySet<BinaryOperator> = new Set(['&&', '||']);
const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['<', '<=', '>', '>=']);

export function binary(evaluator: Evaluator, expression: BinaryExpression): Value {
  const { operator } = expression;
  const left = evaluator.evaluate(expression.left);
  const right = evaluator.evaluate(expression.right);
  if (operator === '==' || operator === '!=') {
    const equal = equalValues(left, right);
    return equal === undefined ? unknown(BOOL) : bool(equal === (operator === '=='));
  }
  const wanted = LOGICAL.has(operator) ? BOOL : NUMBER;
  const a = operand(evaluator, left, wanted, expression, expression.left);
  const b = operand(evaluator, right, wanted, expression, expression.right);
  if (a?.kind === 'bool' && b?.kind === 'bool') return bool(operator === '&&' ? a.flag && b.flag : a.flag || b.flag);
  if (LOGICAL.has(operator)) return decided(operator, a) ?? decided(operator, b) ?? unknown(BOOL);
  const comparison = COMPARISONS.has(operator);
  if (a?.kind !== 'number' || b?.kind !== 'number') return unknown(comparison ? BOOL : NUMBER);
  if (comparison) return bool(compareWith(operator, compare(a.number, b.number)));
  const result = calculate(operator, a.number, b.number);
  return result ? number(result) : evaluator.fail(expression.operatorSpan, 'division-by-zero', 'division by zero');
}

/** One side alone can decide a logical operation. */
function decided(operator: BinaryOperator, value: Value | undefined): Value | undefined {
  return value?.kind === 'bool' && value.flag === (operator === '||') ? value : undefined;
}

function operand(
  evaluator: Evaluator,
  value: Value,
  wanted: Type,
  expression: BinaryExpression,
  at: BinaryExpression['left'],
): Value | undefined {
  const converted = evaluator.convert(value, wanted, at, `operand of "${expression.operator}"`);
  if (converted.kind !== 'null') return converted;
  evaluator.fail(at.span, 'null-value', `an operand of "${expression.operator}" is null`);
  return undefined;
}

function compareWith(operator: BinaryOperator, order: number): boolean {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

function calculate(operator: BinaryOperator, a: Num, b: Num): Num | undefined {
  switch (operator) {
    case '+':
      return add(a, b);
    case '-':
      return subtract(a, b);
    case '*':
      return multiply(a, b);
    case '/':
      return quotient(a, b);
    default:
      return remainder(a, b);
  }
}

export function unary(evaluator: Evaluator, expression: UnaryExpression): Value {
  const wanted = expression.operator === '!' ? BOOL : NUMBER;
  const value = evaluator.convert(
    evaluator.evaluate(expression.operand),
    wanted,
    expression.operand,
    `operand of "${expression.operator}"`,
  );
  if (value.kind === 'null')
    return evaluator.fail(expression.operand.span, 'null-value', `the operand of "${expression.operator}" is null`);
  if (value.kind === 'bool') return bool(!value.flag);
  return value.kind === 'number' ? number(negate(value.number)) : unknown(wanted);
}
