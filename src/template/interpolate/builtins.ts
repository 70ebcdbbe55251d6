import { compareTexts, fromBytes, toBytes } from './bytes.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escapes.ts';
import { CallFault } from './faults.ts';
import { sprint, sprintf, sprintln } from './format/printf.ts';
import type { CallContext, TemplateFunction } from './functions.ts';
import { ComplexValue, isTrue, ListValue, lengthOf, MapValue, typeName, type Value } from './values.ts';

/** A type as messages name it. */
function shownType(value: Value): string {
  return value === undefined ? 'no value' : typeName(value);
}

/** Scalars compare with their own kind only. */
function isBasic(value: Value): boolean {
  return value !== undefined && !(value instanceof ListValue) && !(value instanceof MapValue);
}

function incompatible(a: Value, b: Value): CallFault {
  return new CallFault(
    `incompatible types for comparison: ${shownType(a)} and ${shownType(b)}`,
    'compare values of one kind; print or printf make a string of a number',
  );
}

function equal(a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (!isBasic(a) && !isBasic(b)) throw new CallFault(`${shownType(a)} cannot be compared`, 'compare its elements');
  if (typeName(a) !== typeName(b)) throw incompatible(a, b);
  if (a instanceof ComplexValue && b instanceof ComplexValue) return a.re === b.re && a.im === b.im;
  return a === b;
}

/** Negative, zero or positive; NaN when a float is none. */
function order(a: Value, b: Value): number {
  for (const one of [a, b])
    if (!isBasic(one))
      throw new CallFault(`${shownType(one)} has no order`, 'lt, le, gt and ge take numbers or strings');
  if (typeName(a) !== typeName(b)) throw incompatible(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  throw new CallFault(`${shownType(a)} has no order`, 'lt, le, gt and ge take numbers or strings');
}

function comparison(accept: (order: number) => boolean): TemplateFunction {
  return { params: ['any', 'any'], call: ([a, b]) => accept(order(a, b)) };
}

/** A place in something of that length; `length` itself is allowed for slices. */
function indexIn(index: Value, length: number, inclusive: boolean): number {
  if (typeof index !== 'bigint') throw new CallFault(`an index must be a whole number, this is ${shownType(index)}`);
  if (index < 0n || index > BigInt(length) || (!inclusive && index === BigInt(length)))
    throw new CallFault(`the index ${index} is out of range: there are ${length} elements`, 'indexes count from 0');
  return Number(index);
}

function indexOnce(item: Value, index: Value): Value {
  if (item instanceof ListValue) return item.items[indexIn(index, item.items.length, false)];
  if (typeof item === 'string') {
    const bytes = toBytes(item);
    return BigInt(bytes[indexIn(index, bytes.length, false)] ?? 0);
  }
  if (item instanceof MapValue) {
    if (typeof index !== 'string') throw new CallFault(`a key must be a string, this is ${shownType(index)}`);
    return item.has(index) ? item.get(index) : item.texts ? '' : undefined;
  }
  throw new CallFault(`${shownType(item)} cannot be indexed`, 'index takes a list, a map or a string');
}

function slice(item: Value, indexes: readonly Value[]): Value {
  const source = typeof item === 'string' ? toBytes(item) : item instanceof ListValue ? item.items : undefined;
  if (!source) throw new CallFault(`${shownType(item)} cannot be sliced`, 'slice takes a string or a list');
  const most = typeof item === 'string' ? 2 : 3;
  if (indexes.length > most) throw new CallFault(`slice of ${shownType(item)} takes at most ${most} indexes`);
  const [from = 0, to = source.length, cap = source.length] = indexes.map(one => indexIn(one, source.length, true));
  if (from > to || to > cap) throw new CallFault(`the slice ends before it begins (${[from, to].join(' > ')})`);
  return source instanceof Uint8Array ? fromBytes(source.subarray(from, to)) : new ListValue(source.slice(from, to));
}

/** What html, js and urlquery escape: the printed form of their arguments. */
function escaper(apply: (text: string) => string): TemplateFunction {
  return {
    params: [],
    rest: 'any',
    call: (args, { budget }) =>
      apply(
        sprint(
          args.map(arg => (arg === undefined ? '<no value>' : arg)),
          budget,
        ),
      ),
  };
}

function printer(print: (args: readonly Value[], budget: CallContext['budget']) => string): TemplateFunction {
  return { params: [], rest: 'any', call: (args, { budget }) => print(args, budget) };
}

/** The functions every Go template has. `and` and `or` are listed for their arity; the evaluator short-circuits them. */
export const builtins: Readonly<Record<string, TemplateFunction>> = {
  and: { params: ['any'], rest: 'any', call: args => args.find(arg => !isTrue(arg)) ?? args.at(-1) },
  or: { params: ['any'], rest: 'any', call: args => args.find(isTrue) ?? args.at(-1) },
  not: { params: ['any'], call: ([value]) => !isTrue(value) },
  eq: {
    params: ['any'],
    rest: 'any',
    call: ([first, ...others]) => {
      if (others.length === 0) throw new CallFault('there is nothing to compare with', 'eq takes two or more values');
      return others.some(other => equal(first, other));
    },
  },
  ne: { params: ['any', 'any'], call: ([a, b]) => !equal(a, b) },
  lt: comparison(order => order < 0),
  le: comparison(order => order <= 0),
  gt: comparison(order => order > 0),
  ge: comparison(order => order >= 0),
  len: {
    params: ['any'],
    call: ([value]) => {
      const length = lengthOf(value);
      if (length === undefined) throw new CallFault(`${shownType(value)} has no length`);
      return BigInt(length);
    },
  },
  index: {
    params: ['any'],
    rest: 'any',
    call: ([item, ...indexes]) => {
      if (item === undefined)
        throw new CallFault('no value cannot be indexed', 'index takes a list, a map or a string');
      return indexes.reduce(indexOnce, item);
    },
  },
  slice: { params: ['any'], rest: 'any', call: ([item, ...indexes]) => slice(item, indexes) },
  print: printer(sprint),
  println: printer(sprintln),
  printf: {
    params: ['string'],
    rest: 'any',
    call: ([format, ...args], { budget }) => sprintf(typeof format === 'string' ? format : '', args, budget),
  },
  html: escaper(escapeHtml),
  js: escaper(escapeJs),
  urlquery: escaper(escapeQuery),
  call: {
    params: ['any'],
    rest: 'any',
    call: ([callee]) => {
      throw new CallFault(
        `${shownType(callee)} is no function that could be called`,
        'a function is used by its name: {{ name `x` }}',
      );
    },
  },
};
