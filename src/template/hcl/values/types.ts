/** The types of HCL values, after the type system HCL is built on. */
export type Type =
  | { readonly kind: 'string' }
  | { readonly kind: 'number' }
  | { readonly kind: 'bool' }
  /** Any type; as the type of a value: not known yet. */
  | { readonly kind: 'dynamic' }
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'set'; readonly element: Type }
  | { readonly kind: 'map'; readonly element: Type }
  | { readonly kind: 'tuple'; readonly elements: readonly Type[] }
  | ObjectType;

export interface ObjectType {
  readonly kind: 'object';
  /** Sorted by name. */
  readonly attributes: ReadonlyMap<string, Type>;
  /** Attributes that a value may lack; only in type constraints. */
  readonly optional?: ReadonlySet<string>;
}

export const STRING: Type = { kind: 'string' };
export const NUMBER: Type = { kind: 'number' };
export const BOOL: Type = { kind: 'bool' };
export const DYNAMIC: Type = { kind: 'dynamic' };

export const listOf = (element: Type): Type => ({ kind: 'list', element });
export const setOf = (element: Type): Type => ({ kind: 'set', element });
export const mapOf = (element: Type): Type => ({ kind: 'map', element });
export const tupleOf = (elements: readonly Type[]): Type => ({ kind: 'tuple', elements });

/** By code points, as Go sorts UTF-8 text. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    // Surrogates stand for code points above all others.
    const high = (code: number): number => (code >= 0xd800 && code <= 0xdfff ? code + 0x10000 : code);
    return high(x) - high(y);
  }
  return a.length - b.length;
}

/** A map with its keys in order. */
export function sortedMap<T>(entries: Iterable<readonly [string, T]>): ReadonlyMap<string, T> {
  return new Map([...entries].sort(([a], [b]) => compareText(a, b)));
}

export function objectOf(attributes: Iterable<readonly [string, Type]>, optional?: ReadonlySet<string>): Type {
  return { kind: 'object', attributes: sortedMap(attributes), ...(optional && optional.size > 0 && { optional }) };
}

export function isPrimitive(type: Type): boolean {
  return type.kind === 'string' || type.kind === 'number' || type.kind === 'bool';
}

export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'list':
    case 'set':
    case 'map':
      return a.kind === b.kind && sameType(a.element, b.element);
    case 'tuple':
      return (
        b.kind === 'tuple' &&
        a.elements.length === b.elements.length &&
        a.elements.every((one, index) => sameType(one, b.elements[index] ?? DYNAMIC))
      );
    case 'object':
      return b.kind === 'object' && sameAttributes(a, b);
    default:
      return a.kind === b.kind;
  }
}

function sameAttributes(a: ObjectType, b: ObjectType): boolean {
  if (a.attributes.size !== b.attributes.size) return false;
  for (const [name, type] of a.attributes) {
    const other = b.attributes.get(name);
    if (!other || !sameType(type, other)) return false;
    if (a.optional?.has(name) !== b.optional?.has(name) && (a.optional?.has(name) || b.optional?.has(name)))
      return false;
  }
  return true;
}

/** Whether "any type" occurs in it. */
export function hasDynamic(type: Type): boolean {
  switch (type.kind) {
    case 'dynamic':
      return true;
    case 'list':
    case 'set':
    case 'map':
      return hasDynamic(type.element);
    case 'tuple':
      return type.elements.some(hasDynamic);
    case 'object':
      return [...type.attributes.values()].some(hasDynamic);
    default:
      return false;
  }
}

/** The type without the permission to leave attributes out: what a converted value has. */
export function withoutOptional(type: Type): Type {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return { kind: type.kind, element: withoutOptional(type.element) };
    case 'tuple':
      return tupleOf(type.elements.map(withoutOptional));
    case 'object':
      return objectOf([...type.attributes].map(([name, one]) => [name, withoutOptional(one)]));
    default:
      return type;
  }
}

/** In words, for messages: "list of strings". */
export function describeType(type: Type): string {
  switch (type.kind) {
    case 'dynamic':
      return 'any value';
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind} of ${type.element.kind === 'dynamic' ? 'any type' : inPlural(describeType(type.element))}`;
    case 'bool':
      return 'boolean';
    case 'tuple':
      // Hardly anyone writing [1, "a"] thinks of it as anything but a list.
      return 'list';
    default:
      return type.kind;
  }
}

function inPlural(type: string): string {
  return type.replace(/^\w+/, '$&s');
}
