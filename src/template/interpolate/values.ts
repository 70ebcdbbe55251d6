import { byteLength, compareTexts } from './bytes.ts';

/**
 * A value of Go's text/template. Kinds stay apart as they do there: bigint is Go's int, number its float64, and
 * undefined the "no value" of a missing key or a nil.
 */
export type Value = undefined | boolean | bigint | number | string | ComplexValue | ListValue | MapValue;

export class ComplexValue {
  readonly re: number;
  readonly im: number;

  constructor(re: number, im: number) {
    this.re = re;
    this.im = im;
  }
}

/** A Go slice; `texts` when all elements are strings, which makes it a []string. */
export class ListValue {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }

  get texts(): boolean {
    return this.items.length > 0 && this.items.every(item => typeof item === 'string');
  }
}

/** A Go map with string keys. Elements are converted when they are asked for. */
export class MapValue {
  readonly #data: Readonly<Record<string, unknown>>;

  constructor(data: Readonly<Record<string, unknown>>) {
    this.#data = data;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#data, key);
  }

  get(key: string): Value {
    return this.has(key) ? fromData(this.#data[key]) : undefined;
  }

  get size(): number {
    return Object.keys(this.#data).length;
  }

  /** In the order in which Go walks and prints maps. */
  keys(): string[] {
    return Object.keys(this.#data).sort(compareTexts);
  }

  /** All elements are strings, as in a map of tags. */
  get texts(): boolean {
    const all = Object.values(this.#data);
    return all.length > 0 && all.every(one => typeof one === 'string');
  }
}

/** Plain data as a template value: whole numbers become ints, null and undefined "no value". */
export function fromData(data: unknown): Value {
  switch (typeof data) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return data;
    case 'number':
      return Number.isSafeInteger(data) ? BigInt(data) : data;
    case 'object':
      if (data === null) return undefined;
      if (Array.isArray(data)) return new ListValue(data.map(fromData));
      return new MapValue(data as Readonly<Record<string, unknown>>);
    default:
      return undefined;
  }
}

/** The Go type a user would see with %T. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'string':
      return 'string';
    default:
      if (value instanceof ComplexValue) return 'complex128';
      if (value instanceof ListValue) return value.texts ? '[]string' : '[]interface {}';
      return value.texts ? 'map[string]string' : 'map[string]interface {}';
  }
}

/** Go's truth: false, 0, nil and everything empty are false. */
export function isTrue(value: Value): boolean {
  if (value instanceof ComplexValue) return value.re !== 0 || value.im !== 0;
  if (value instanceof ListValue) return value.items.length > 0;
  if (value instanceof MapValue) return value.size > 0;
  // NaN is true in Go, as it is not zero.
  if (typeof value === 'number') return value !== 0;
  return Boolean(value);
}

/** Elements, members or bytes; undefined for what has no length. */
export function lengthOf(value: Value): number | undefined {
  if (typeof value === 'string') return byteLength(value);
  if (value instanceof ListValue) return value.items.length;
  if (value instanceof MapValue) return value.size;
  return undefined;
}
