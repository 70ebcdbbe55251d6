import { isObject, type JsonObject, type JsonValue } from './json.ts';

/** Characters that Go's JSON encoder writes as an escape although JSON would not ask for it; < and > are left, as Packer does. */
const ESCAPED = /["\\\u0000-\u001f&\u2028\u2029]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A fixed document as text: keys sorted, two spaces per level, one element a line, a final newline. */
export function fixedText(document: JsonObject): string {
  const out: string[] = [];
  write(document, '\n', out);
  out.push('\n');
  return out.join('');
}

/** What `packer fix` prints: the text, and an empty line after it. */
export function renderFixed(document: JsonObject): string {
  return `${fixedText(document)}\n`;
}

function write(value: JsonValue, newLine: string, out: string[]): void {
  if (Array.isArray(value)) {
    if (value.length === 0) return void out.push('[]');
    const inner = `${newLine}  `;
    for (const [index, item] of value.entries()) {
      out.push(index === 0 ? '[' : ',', inner);
      write(item, inner, out);
    }
    out.push(newLine, ']');
  } else if (isObject(value)) {
    const keys = Object.keys(value).sort(byBytes);
    if (keys.length === 0) return void out.push('{}');
    const inner = `${newLine}  `;
    for (const [index, key] of keys.entries()) {
      out.push(index === 0 ? '{' : ',', inner, quote(key), ': ');
      write(value[key] ?? null, inner, out);
    }
    out.push(newLine, '}');
  } else if (typeof value === 'string') out.push(quote(value));
  else if (typeof value === 'number') out.push(numberText(value));
  else out.push(String(value));
}

/** Go and ECMAScript agree on the shortest text of a 64-bit float; only minus zero differs. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function quote(text: string): string {
  const escaped = text.replace(
    ESCAPED,
    char => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** The order of the UTF-8 bytes, by which Go sorts keys. It differs from that of UTF-16 only where surrogates take part. */
function byBytes(a: string, b: string): number {
  if (/[\ud800-\udfff]/.test(a) || /[\ud800-\udfff]/.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
