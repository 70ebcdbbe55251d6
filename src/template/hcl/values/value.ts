import { compare, integer, type Num, parseNumber, toText } from './number.ts';
import {
  BOOL,
  compareText,
  DYNAMIC,
  listOf,
  mapOf,
  NUMBER,
  objectOf,
  STRING,
  sameType,
  setOf,
  sortedMap,
  type Type,
  tupleOf,
} from './types.ts';

export type Value =
  | { readonly kind: 'unknown'; readonly type: Type }
  | { readonly kind: 'null'; readonly type: Type }
  | { readonly kind: 'string'; readonly type: Type; readonly text: string }
  | { readonly kind: 'number'; readonly type: Type; readonly number: Num }
  | { readonly kind: 'bool'; readonly type: Type; readonly flag: boolean }
  | Sequence
  | Mapping;

/** A list, a set (without doubles, in order) or a tuple. */
export interface Sequence {
  readonly kind: 'sequence';
  readonly type: Type & { readonly kind: 'list' | 'set' | 'tuple' };
  readonly items: readonly Value[];
}
/** A map or an object; keys in order. */
export interface Mapping {
  readonly kind: 'mapping';
  readonly type: Type & { readonly kind: 'map' | 'object' };
  readonly entries: ReadonlyMap<string, Value>;
}

export const unknown = (type: Type = DYNAMIC): Value => ({ kind: 'unknown', type });
export const nullOf = (type: Type = DYNAMIC): Value => ({ kind: 'null', type });
export const UNKNOWN = unknown();
export const NULL = nullOf();
export const TRUE: Value = { kind: 'bool', type: BOOL, flag: true };
export const FALSE: Value = { kind: 'bool', type: BOOL, flag: false };

export const bool = (flag: boolean): Value => (flag ? TRUE : FALSE);

/** Text in Unicode's composed normal form, as HCL keeps it. */
export function string(text: string): Value {
  // Most text is plain ASCII, which normal forms leave alone.
  return { kind: 'string', type: STRING, text: /[^\x00-\x7f]/.test(text) ? text.normalize('NFC') : text };
}

export const number = (value: Num): Value => ({ kind: 'number', type: NUMBER, number: value });
export const whole = (value: number | bigint): Value => number(integer(value));

export function numberFromText(text: string): Value | undefined {
  const parsed = parseNumber(text);
  return parsed && number(parsed);
}

export function list(element: Type, items: readonly Value[]): Value {
  return { kind: 'sequence', type: listOf(element) as Sequence['type'], items };
}

export function tuple(items: readonly Value[]): Value {
  return { kind: 'sequence', type: tupleOf(items.map(one => one.type)) as Sequence['type'], items };
}

export function set(element: Type, items: readonly Value[]): Value {
  const distinct = new Map<string, Value>();
  for (const item of items) {
    const key = identity(item);
    if (!distinct.has(key)) distinct.set(key, item);
  }
  const ordered = [...distinct.entries()].sort(([aKey, a], [bKey, b]) => compareInSet(a, b) || compareText(aKey, bKey));
  return { kind: 'sequence', type: setOf(element) as Sequence['type'], items: ordered.map(([, item]) => item) };
}

export function map(element: Type, entries: Iterable<readonly [string, Value]>): Value {
  return { kind: 'mapping', type: mapOf(element) as Mapping['type'], entries: sortedMap(entries) };
}

export function object(entries: Iterable<readonly [string, Value]>): Value {
  const sorted = sortedMap(entries);
  const type = objectOf([...sorted].map(([name, value]) => [name, value.type])) as Mapping['type'];
  return { kind: 'mapping', type, entries: sorted };
}

/** Strings, numbers and booleans have an order of their own in sets; nulls and unknown values come last. */
function compareInSet(a: Value, b: Value): number {
  const rank = (one: Value): number => (one.kind === 'null' ? 1 : one.kind === 'unknown' ? 2 : 0);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a.kind === 'string' && b.kind === 'string') return compareText(a.text, b.text);
  if (a.kind === 'number' && b.kind === 'number') return compare(a.number, b.number);
  if (a.kind === 'bool' && b.kind === 'bool') return Number(a.flag) - Number(b.flag);
  return 0;
}

/** A text that is equal for equal values of one type, and only for them. */
export function identity(value: Value): string {
  switch (value.kind) {
    case 'null':
      return '~';
    case 'unknown':
      return '?';
    case 'string':
      return JSON.stringify(value.text);
    case 'number':
      return toText(value.number);
    case 'bool':
      return value.flag ? 'T' : 'F';
    case 'sequence':
      return `[${value.items.map(item => `${identity(item)};`).join('')}]`;
    case 'mapping':
      return `{${[...value.entries].map(([key, item]) => `${JSON.stringify(key)}:${identity(item)};`).join('')}}`;
  }
}

/** Whether no unknown value is in it anywhere. */
export function isWhollyKnown(value: Value): boolean {
  if (value.kind === 'unknown') return false;
  if (value.kind === 'sequence') return value.items.every(isWhollyKnown);
  if (value.kind === 'mapping') return [...value.entries.values()].every(isWhollyKnown);
  return true;
}

/** The == of the language: true, false or undefined when it cannot be known yet. Values of different types differ. */
export function equalValues(a: Value, b: Value): boolean | undefined {
  if (a.kind === 'null' || b.kind === 'null') {
    if (a.kind === 'unknown' || b.kind === 'unknown') return undefined;
    return a.kind === b.kind;
  }
  if (a.kind === 'unknown' || b.kind === 'unknown') {
    return a.type.kind === 'dynamic' || b.type.kind === 'dynamic' || sameType(a.type, b.type) ? undefined : false;
  }
  if (!isWhollyKnown(a) || !isWhollyKnown(b)) return undefined;
  return sameType(a.type, b.type) && identity(a) === identity(b);
}
