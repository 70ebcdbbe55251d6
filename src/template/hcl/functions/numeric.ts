import { convert } from '../values/convert.ts';
import * as numbers from '../values/number.ts';
import { NUMBER } from '../values/types.ts';
import { number, type Value, whole } from '../values/value.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { any, define, defineVariadic, itemsAt, num, numAt, text, textAt, wholeAt } from './define.ts';

function double(args: readonly Value[], compute: (...given: number[]) => number): Value {
  const result = numbers.fromDouble(compute(...args.map((_, index) => numbers.toDouble(numAt(args, index)))));
  if (!result) throw new FunctionError('the result is not a number, or infinitely large');
  return number(result);
}

function extreme(args: readonly Value[], sign: number): Value {
  if (args.length === 0) throw new FunctionError('at least one number is required');
  let best = numAt(args, 0);
  args.forEach((_, index) => {
    const next = numAt(args, index);
    if (numbers.compare(next, best) * sign > 0) best = next;
  });
  return number(best);
}

function sign(value: numbers.Num): number {
  return value.mantissa === 0n ? 0 : value.mantissa < 0n ? -1 : 1;
}

function sum(args: readonly Value[]): Value {
  const items = itemsAt(args, 0);
  if (items.length === 0) throw new FunctionError('there is nothing to add up: the list is empty', 0);
  let total: numbers.Num | undefined;
  for (const item of items) {
    const next = convert(item, NUMBER);
    if (next.kind !== 'number') throw new FunctionError('an element of the list is null', 0);
    total = total ? numbers.add(total, next.number) : next.number;
  }
  return total ? number(total) : whole(0);
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function parseInteger(args: readonly Value[]): Value {
  const base = wholeAt(args, 1);
  if (base < 2 || base > 62) throw new FunctionError('the base must lie between 2 and 62', 1);
  const written = textAt(args, 0);
  const match = /^([+-]?)([0-9A-Za-z]+)$/.exec(written);
  const digits = base <= 36 ? (match?.[2] ?? '').toLowerCase() : (match?.[2] ?? '');
  let total = 0n;
  for (const digit of digits) {
    const value = DIGITS.indexOf(digit);
    if (value >= base) total = -1n;
    if (total < 0n) break;
    total = total * BigInt(base) + BigInt(value);
  }
  if (!match || total < 0n)
    throw new FunctionError(`${JSON.stringify(written)} is not a whole number in base ${base}`, 0);
  return whole(match[1] === '-' ? -total : total);
}

export const numericFunctions: Readonly<Record<string, HclFunction>> = {
  abs: define([num('num')], NUMBER, args =>
    number(sign(numAt(args, 0)) < 0 ? numbers.negate(numAt(args, 0)) : numAt(args, 0)),
  ),
  ceil: define([num('num')], NUMBER, args => whole(numbers.ceiling(numAt(args, 0)))),
  floor: define([num('num')], NUMBER, args => whole(numbers.floor(numAt(args, 0)))),
  log: define([num('num'), num('base')], NUMBER, args =>
    double(args, (value, base) => Math.log(value ?? 0) / Math.log(base ?? 0)),
  ),
  max: defineVariadic([], num('numbers'), NUMBER, args => extreme(args, 1)),
  min: defineVariadic([], num('numbers'), NUMBER, args => extreme(args, -1)),
  parseint: define([text('number'), num('base')], NUMBER, parseInteger),
  pow: define([num('num'), num('power')], NUMBER, args => double(args, (value, power) => (value ?? 0) ** (power ?? 0))),
  signum: define([num('num')], NUMBER, args => whole(sign(numAt(args, 0)))),
  sum: define([any('list')], NUMBER, sum),
};
