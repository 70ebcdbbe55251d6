import type { ConfigNode } from '../../sdk/node.ts';

/** Plain JSON data. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** The plain data of a node; of a key that stands twice the last value counts, numbers are 64-bit floats, as Go reads them. */
export function toJson(node: ConfigNode): JsonValue {
  switch (node.kind) {
    case 'object':
      return objectOf(node.members.map(({ key, value }) => [key, toJson(value)]));
    case 'array':
      return node.items.map(toJson);
    case 'null':
    case 'unknown':
      return null;
    default:
      return node.value;
  }
}

/** An object with these members; `__proto__` is a key like any other here. */
export function objectOf(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  return Object.fromEntries(entries);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
