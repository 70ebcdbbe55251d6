import type { ConfigNode } from '../../../sdk/node.ts';
import { toText } from './number.ts';
import { bool, NULL, numberFromText, object, string, tuple, UNKNOWN, type Value } from './value.ts';

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A JSON string as Go writes it: also what could be markup is escaped. */
function jsonText(text: string): string {
  const escaped = text.replace(
    /["\\\x00-\x1f<>&\u2028\u2029]/g,
    char => ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** The value as compact JSON, keys in order. Unknown values, which callers must exclude, become null. */
export function toJson(value: Value): string {
  switch (value.kind) {
    case 'null':
    case 'unknown':
      return 'null';
    case 'string':
      return jsonText(value.text);
    case 'number':
      return toText(value.number);
    case 'bool':
      return String(value.flag);
    case 'sequence':
      return `[${value.items.map(toJson).join(',')}]`;
    case 'mapping':
      return `{${[...value.entries].map(([key, item]) => `${jsonText(key)}:${toJson(item)}`).join(',')}}`;
  }
}

/** A JSON document as a value: arrays become tuples, objects objects. Of equal keys the last one counts. */
export function fromNode(node: ConfigNode): Value {
  switch (node.kind) {
    case 'object':
      return object(new Map(node.members.map(member => [member.key, fromNode(member.value)])));
    case 'array':
      return tuple(node.items.map(fromNode));
    case 'string':
      return string(node.value);
    case 'number':
      return numberFromText(node.text) ?? UNKNOWN;
    case 'boolean':
      return bool(node.value);
    case 'null':
      return NULL;
    case 'unknown':
      return UNKNOWN;
  }
}
