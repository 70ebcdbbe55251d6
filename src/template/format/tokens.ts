/** One token of a JSON text, exactly as written. */
export type JsonToken = string;

const TOKEN = /[{}[\]:,]|"(?:[^"\\]|\\.)*"|[^\s{}[\]:,"]+/g;

/** The tokens of a text that is known to be valid JSON. */
export function readTokens(text: string): readonly JsonToken[] {
  return (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).match(TOKEN) ?? [];
}

export function sameTokens(a: readonly JsonToken[], b: readonly JsonToken[]): boolean {
  return a.length === b.length && a.every((token, index) => token === b[index]);
}
