/** What the encoder takes. Members keep the order of their object; a Map keeps its order even for keys that are digits. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>
  | { readonly [key: string]: JsonValue | undefined };

/**
 * JSON text as Go's encoding/json writes it (Go 1.22 and later): `<`, `>`, `&`, U+2028 and U+2029 escaped, no final
 * newline. Undefined members are left out. `indent` is what each level adds; empty gives one line without spaces.
 */
export function encodeGoJson(value: JsonValue, indent = ''): string {
  return encode(value, indent, indent === '' ? '' : '\n');
}

/** The entries in the order in which Go writes a map: by the UTF-8 bytes of the keys. */
export function sortedMap<T>(entries: Readonly<Record<string, T>>): Map<string, T> {
  return new Map(Object.entries(entries).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
}

function encode(value: JsonValue, indent: string, newline: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return JSON.stringify(value);
  if (typeof value === 'string') return encodeGoString(value);
  const inner = newline + indent;
  if (isList(value))
    return enclose(
      '[',
      ']',
      value.map(item => encode(item, indent, inner)),
      newline,
      inner,
    );
  const colon = newline === '' ? ':' : ': ';
  const members: string[] = [];
  for (const [key, item] of value instanceof Map ? value : Object.entries(value))
    if (item !== undefined) members.push(encodeGoString(key) + colon + encode(item, indent, inner));
  return enclose('{', '}', members, newline, inner);
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function enclose(open: string, close: string, parts: readonly string[], newline: string, inner: string): string {
  return parts.length === 0 ? open + close : `${open}${inner}${parts.join(`,${inner}`)}${newline}${close}`;
}

/** A JSON string as Go writes it, quotes included. A lone surrogate becomes U+FFFD, as it has no UTF-8 form. */
export function encodeGoString(text: string): string {
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
