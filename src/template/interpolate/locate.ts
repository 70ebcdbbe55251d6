import type { StringNode } from '../../sdk/node.ts';
import type { Span } from '../../sdk/source.ts';

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Length in the source, and meaning, of the character or escape at `at` of a quoted JSON text. */
function unit(source: string, at: number): { readonly length: number; readonly text: string } {
  const char = source.charAt(at);
  if (char !== '\\') return { length: 1, text: char };
  const kind = source.charAt(at + 1);
  if (kind !== 'u') return { length: 2, text: ESCAPES[kind] ?? kind };
  return { length: 6, text: String.fromCharCode(Number.parseInt(source.slice(at + 2, at + 6), 16)) };
}

/** Source offsets of both ends of a range of the decoded text; undefined when the source is no such literal. */
function scan(source: string, value: string, start: number, end: number): readonly [number, number] | undefined {
  if (source.length < 2 || source[0] !== '"' || !source.endsWith('"')) return undefined;
  let first: number | undefined;
  let at = 1;
  for (let index = 0; ; index++) {
    if (index === start) first = at;
    if (index === end) return first === undefined ? undefined : [first, at];
    if (index >= value.length || at >= source.length - 1) return undefined;
    const { length, text } = unit(source, at);
    // What is no character was replaced when the text was decoded.
    if (text !== value[index] && value[index] !== '\ufffd') return undefined;
    at += length;
  }
}

/**
 * The place in the source of a range (UTF-16 offsets) of a string's decoded value. When the source is not a quoted
 * literal of that value, the whole node's place.
 */
export function spanInside(node: StringNode, start: number, end: number): Span {
  const { file, start: from, end: to } = node.span;
  const source = file.text.slice(from, to);
  const last = Math.min(Math.max(end, start), node.value.length);
  const first = Math.min(Math.max(start, 0), last);
  if (source === node.value) return { file, start: from + first, end: from + last };
  const found = scan(source, node.value, first, last);
  return found ? { file, start: from + found[0], end: from + found[1] } : node.span;
}
