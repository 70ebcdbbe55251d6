/** A text, a list, or a bare word behind a name, also one that breaks off. */
const VALUE = String.raw`("(?:[^"\\\n]|\\.)*|\[[^\]]*|[^\s,"{}[\]]+)`;
const TEXT = /"((?:[^"\\\n]|\\.)*)/g;

/** Shorter texts would hide half of an excerpt; a value that counts is hidden whatever its length. */
export const SHORTEST_HIDDEN = 3;

/**
 * What seems to be written for a name in a file that has errors, HCL2 or JSON: `name = "value"`, `"name": "value"` and what
 * may be left of it. For keeping it out of excerpts.
 */
export function valuesWritten(name: string, text: string): string[] {
  const escaped = name.replaceAll(/[^\w-]/g, String.raw`\$&`);
  const assignment = new RegExp(`(?<![\\w-])${escaped}"?[ \\t]*[=:][ \\t]*${VALUE}`, 'g');
  return [...text.matchAll(assignment)].flatMap(([, value = '']) => textsIn(value));
}

/** What stands in quotes; where nothing does all of it, and the words that a scanner takes it for. */
export function textsIn(value: string): string[] {
  if (value.includes('"')) return [...value.matchAll(TEXT)].map(([, text = '']) => text);
  return [value, ...value.split(/[^\w-]+/)];
}
