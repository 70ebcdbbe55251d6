import { fromDouble } from './number.ts';
import { bool, NULL, number, object, string, tuple, UNKNOWN, type Value } from './value.ts';

/** Plain data as a value: lists become tuples, records objects, undefined null. */
export function fromPlain(data: unknown): Value {
  if (data === undefined || data === null) return NULL;
  if (typeof data === 'string') return string(data);
  if (typeof data === 'boolean') return bool(data);
  if (typeof data === 'number') {
    const exact = fromDouble(data);
    return exact ? number(exact) : UNKNOWN;
  }
  if (Array.isArray(data)) return tuple(data.map(fromPlain));
  return typeof data === 'object' ? object(Object.entries(data).map(([key, one]) => [key, fromPlain(one)])) : UNKNOWN;
}
