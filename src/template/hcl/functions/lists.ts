import { convert } from '../values/convert.ts';
import { add, compare, integer, multiply, type Num, toText } from '../values/number.ts';
import {
  BOOL,
  compareText,
  DYNAMIC,
  describeType,
  isPrimitive,
  listOf,
  NUMBER,
  STRING,
  type Type,
} from '../values/types.ts';
import { unifyTypes } from '../values/unify.ts';
import {
  bool,
  equalValues,
  identity,
  list,
  number,
  type Sequence,
  string,
  tuple,
  UNKNOWN,
  unknown,
  type Value,
  whole,
} from '../values/value.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { any, define, defineVariadic, itemsAt, num, numAt, of, wholeAt } from './define.ts';

/** The same kind of sequence with other items. */
function like(source: Value | undefined, items: readonly Value[]): Value {
  if (source?.type.kind === 'list' || source?.type.kind === 'set') return list(source.type.element, items);
  return tuple(items);
}

function sequenceAt(args: readonly Value[], index: number): Sequence {
  const value = args[index];
  if (value?.kind === 'sequence') return value;
  throw new FunctionError(`a list is required, not a ${describeType(value?.type ?? DYNAMIC)}`, index);
}

function concat(args: readonly Value[]): Value {
  if (args.length === 0) throw new FunctionError('at least one list is required');
  const sequences = args.map((_, index) => sequenceAt(args, index));
  const unordered = sequences.findIndex(one => one.type.kind === 'set');
  if (unordered >= 0)
    throw new FunctionError('a set has no order: only lists can be joined', unordered, 'write [for x in SET : x]');
  const items = sequences.flatMap(one => one.items);
  if (sequences.every(one => one.type.kind === 'list')) {
    const type = unifyTypes(sequences.map(one => one.type));
    if (type?.kind === 'list')
      return list(
        type.element,
        items.map(item => convert(item, type.element)),
      );
  }
  return tuple(items);
}

function flatten(items: readonly Value[], depth = 0): Value[] {
  if (depth > 500) throw new FunctionError('the list is nested too deeply', 0);
  return items.flatMap(item => (item.kind === 'sequence' ? flatten(item.items, depth + 1) : [item]));
}

/** An unknown list inside makes the number of elements unknown. */
function hidesLists(items: readonly Value[]): boolean {
  return items.some(item =>
    item.kind === 'unknown'
      ? !isPrimitive(item.type) && item.type.kind !== 'object' && item.type.kind !== 'map'
      : item.kind === 'sequence' && hidesLists(item.items),
  );
}

function chunks(args: readonly Value[]): Value {
  const source = sequenceAt(args, 0);
  const size = wholeAt(args, 1);
  if (size < 0) throw new FunctionError('the size cannot be negative', 1);
  const element = source.type.kind === 'list' ? source.type.element : DYNAMIC;
  const all = source.items;
  const width = size === 0 ? all.length : size;
  const parts: Value[] = [];
  for (let start = 0; start < all.length; start += width) parts.push(list(element, all.slice(start, start + width)));
  return list(listOf(element), parts);
}

function distinct(args: readonly Value[]): Value {
  const { items } = sequenceAt(args, 0);
  const seen = new Set<string>();
  const kept = items.filter(item => {
    const key = identity(item);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return like(args[0], kept);
}

function contains(args: readonly Value[]): Value {
  const wanted = args[1] ?? UNKNOWN;
  let unsure = false;
  for (const item of itemsAt(args, 0)) {
    const equal = equalValues(item, wanted);
    if (equal) return bool(true);
    if (equal === undefined) unsure = true;
  }
  return unsure ? unknown(BOOL) : bool(false);
}

function element(args: readonly Value[]): Value {
  const { items } = sequenceAt(args, 0);
  const index = wholeAt(args, 1);
  if (items.length === 0) throw new FunctionError('the list is empty: it has no elements to choose from', 0);
  if (index < 0)
    throw new FunctionError('the index cannot be negative', 1, 'write LIST[length(LIST) - 1] for the last element');
  return items[index % items.length] ?? UNKNOWN;
}

function indexOf(args: readonly Value[]): Value {
  const items = itemsAt(args, 0);
  if (items.length === 0) throw new FunctionError('the list is empty', 0);
  const wanted = args[1] ?? UNKNOWN;
  const at = items.findIndex(item => equalValues(item, wanted) === true);
  if (at < 0) throw new FunctionError('the list has no such element', 1);
  return whole(at);
}

function slice(args: readonly Value[]): Value {
  const { items } = sequenceAt(args, 0);
  if (args[0]?.type.kind === 'set') throw new FunctionError('a set has no order to take a slice of', 0);
  const start = wholeAt(args, 1);
  const end = wholeAt(args, 2);
  if (start < 0 || start > items.length)
    throw new FunctionError(`the start must lie between 0 and the length, ${items.length}`, 1);
  if (end < start || end > items.length)
    throw new FunctionError(`the end must lie between the start and the length, ${items.length}`, 2);
  return like(args[0], items.slice(start, end));
}

const ZERO = integer(0);
const ONE = integer(1);
/** Packer's language has the same limit. */
const LONGEST_RANGE = 1024;

function range(args: readonly Value[]): Value {
  if (args.length === 0 || args.length > 3) throw new FunctionError('one, two or three numbers are required');
  const start = args.length === 1 ? ZERO : numAt(args, 0);
  const limit = numAt(args, args.length === 1 ? 0 : 1);
  const down = compare(limit, start) < 0;
  const step = args.length === 3 ? numAt(args, 2) : down ? multiply(ONE, integer(-1)) : ONE;
  if (args.length === 3) checkStep(step, down, compare(limit, start) === 0);
  const items: Value[] = [];
  for (let at: Num = start; down ? compare(at, limit) > 0 : compare(at, limit) < 0; at = add(at, step)) {
    if (items.length >= LONGEST_RANGE) throw new FunctionError(`more than ${LONGEST_RANGE} numbers`);
    items.push(number(at));
  }
  return list(NUMBER, items);
}

function checkStep(step: Num, down: boolean, empty: boolean): void {
  if (empty) return;
  if (step.mantissa === 0n) throw new FunctionError('the step cannot be 0', 2);
  if (step.mantissa < 0n !== down) throw new FunctionError(`the step ${toText(step)} leads away from the limit`, 2);
}

function coalesce(args: readonly Value[]): Value {
  const type = unifyTypes(args.filter(one => one.kind !== 'null' || one.type.kind !== 'dynamic').map(one => one.type));
  if (!type) throw new FunctionError('the arguments must have one type in common');
  for (const given of args) {
    if (given.kind === 'null') continue;
    if (given.kind === 'unknown') return unknown(type);
    const value = convert(given, type);
    if (value.kind === 'string' && value.text === '') continue;
    return value;
  }
  throw new FunctionError('all arguments are null or empty', undefined, 'add a last argument that is never empty');
}

function coalesceList(args: readonly Value[]): Value {
  if (args.length === 0) throw new FunctionError('at least one list is required');
  for (const [index, given] of args.entries()) {
    if (given.kind === 'unknown') return UNKNOWN;
    if (given.kind === 'null') continue;
    if (given.kind !== 'sequence') throw new FunctionError('a list is required', index);
    if (given.items.length > 0) return given;
  }
  throw new FunctionError('all lists are empty', undefined, 'add a last list that is never empty');
}

function texts(items: readonly Value[], index: number): string[] {
  return items.map((item, at) => {
    if (item.kind !== 'string') throw new FunctionError(`element ${at} of the list is null`, index);
    return item.text;
  });
}

function everyFlag(items: readonly Value[], all: boolean): Value {
  let unsure = false;
  for (const item of items) {
    if (item.kind === 'unknown') unsure = true;
    else if ((item.kind === 'bool' && item.flag) !== all) return bool(!all);
  }
  return unsure ? unknown(BOOL) : bool(all);
}

const elementType = (value: Value | undefined): Type =>
  value?.type.kind === 'list' || value?.type.kind === 'set' ? value.type.element : DYNAMIC;
const sameListType = (args: readonly Value[]): Type => (args[0]?.type.kind === 'list' ? args[0].type : DYNAMIC);
const items = any('list', { partial: true });

export const listFunctions: Readonly<Record<string, HclFunction>> = {
  alltrue: define([of('list', listOf(BOOL), { partial: true })], BOOL, args => everyFlag(itemsAt(args, 0), true)),
  anytrue: define([of('list', listOf(BOOL), { partial: true })], BOOL, args => everyFlag(itemsAt(args, 0), false)),
  chunklist: define(
    [of('list', listOf(DYNAMIC), { partial: true }), num('size')],
    args => listOf(args[0]?.type ?? DYNAMIC),
    chunks,
  ),
  coalesce: defineVariadic([], any('vals', { nullable: true, unknowable: true }), DYNAMIC, coalesce),
  coalescelist: defineVariadic([], any('vals', { nullable: true, unknowable: true }), DYNAMIC, coalesceList),
  compact: define([of('list', listOf(STRING))], listOf(STRING), args =>
    list(
      STRING,
      itemsAt(args, 0).filter(item => item.kind === 'string' && item.text !== ''),
    ),
  ),
  concat: defineVariadic([], any('seqs', { partial: true }), DYNAMIC, concat),
  contains: define([items, any('value', { nullable: true, unknowable: true })], BOOL, contains),
  distinct: define([of('list', listOf(DYNAMIC))], sameListType, distinct),
  element: define([items, num('index')], args => elementType(args[0]), element),
  flatten: define([items], DYNAMIC, args =>
    hidesLists(itemsAt(args, 0)) ? UNKNOWN : tuple(flatten(itemsAt(args, 0))),
  ),
  index: define([any('list'), any('value')], NUMBER, indexOf),
  range: defineVariadic([], num('params'), listOf(NUMBER), range),
  reverse: define([items], sameListType, args => like(args[0], [...sequenceAt(args, 0).items].reverse())),
  slice: define([items, num('start'), num('end')], sameListType, slice),
  sort: define([of('list', listOf(STRING))], listOf(STRING), args =>
    list(STRING, texts(itemsAt(args, 0), 0).sort(compareText).map(string)),
  ),
};
