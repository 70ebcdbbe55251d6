import type { Num } from '../values/number.ts';
import { DYNAMIC, NUMBER, STRING, type Type } from '../values/types.ts';
import type { Value } from '../values/value.ts';
import { FunctionError, type Parameter, type PlainFunction } from './contract.ts';

type Traits = Omit<Parameter, 'name' | 'type'>;

export const text = (name: string, traits: Traits = {}): Parameter => ({ name, type: STRING, ...traits });
export const num = (name: string, traits: Traits = {}): Parameter => ({ name, type: NUMBER, ...traits });
export const any = (name: string, traits: Traits = {}): Parameter => ({ name, type: DYNAMIC, ...traits });
export const of = (name: string, type: Type, traits: Traits = {}): Parameter => ({ name, type, ...traits });

/** A function with a fixed number of arguments. */
export function define(
  parameters: readonly Parameter[],
  returns: PlainFunction['returns'],
  call: (args: readonly Value[]) => Value,
): PlainFunction {
  return { kind: 'plain', parameters, returns, call };
}

/** A function that takes any number of further arguments. */
export function defineVariadic(
  parameters: readonly Parameter[],
  rest: Parameter,
  returns: PlainFunction['returns'],
  call: (args: readonly Value[]) => Value,
): PlainFunction {
  return { kind: 'plain', parameters, rest, returns, call };
}

// The arguments have been converted to the parameters' types: these only tell TypeScript so.

export function textAt(args: readonly Value[], index: number): string {
  const value = args[index];
  return value?.kind === 'string' ? value.text : '';
}

export function numAt(args: readonly Value[], index: number): Num {
  const value = args[index];
  if (value?.kind !== 'number') throw new FunctionError('a number is required', index);
  return value.number;
}

/** A small whole number, such as a count or a position. */
export function wholeAt(args: readonly Value[], index: number): number {
  const { mantissa, exponent } = numAt(args, index);
  if (exponent < 0) throw new FunctionError('a whole number is required', index);
  const value = Number(mantissa) * 2 ** exponent;
  if (!Number.isSafeInteger(value)) throw new FunctionError('the number is too large', index);
  return value;
}

/** The elements of a list, set or tuple. */
export function itemsAt(args: readonly Value[], index: number): readonly Value[] {
  const value = args[index];
  if (value?.kind === 'sequence') return value.items;
  throw new FunctionError('a list is required', index);
}

/** The members of a map or object. */
export function entriesAt(args: readonly Value[], index: number): ReadonlyMap<string, Value> {
  const value = args[index];
  if (value?.kind === 'mapping') return value.entries;
  throw new FunctionError('a map or an object is required', index);
}
