import type { ConfigNode } from '../../sdk/node.ts';
import { SHORTEST_HIDDEN, valuesWritten } from '../written-values.ts';
import type { GivenValue } from './var-files.ts';

/**
 * The texts that are written down for a template's sensitive variables, also those that do not count: defaults that are
 * replaced, earlier ones of two, those in files with errors. They are to be kept out of excerpts. `root` is the document as
 * far as it could be read, `broken` the texts of files with syntax errors. Defaults that are rendered are no secrets
 * themselves.
 */
export function confidentialTexts(
  root: ConfigNode | undefined,
  given: readonly GivenValue[],
  broken: readonly string[],
): string[] {
  const names = new Set(membersOf(root, 'sensitive-variables').flatMap(textsOf));
  const defaults = membersOf(root, 'variables').flatMap(node => (node.kind === 'object' ? node.members : []));
  const texts = [
    ...defaults.flatMap(({ key, value }) =>
      names.has(key) ? textsOf(value).filter(text => !text.includes('{{')) : [],
    ),
    ...given.flatMap(({ name, value }) => (names.has(name) ? textsOf(value) : [])),
    ...broken.flatMap(text => [...names].flatMap(name => valuesWritten(name, text))),
  ];
  return [...new Set(texts.filter(text => text.length >= SHORTEST_HIDDEN))];
}

function membersOf(root: ConfigNode | undefined, key: string): ConfigNode[] {
  if (root?.kind !== 'object') return [];
  return root.members.filter(one => one.key.toLowerCase() === key).map(({ value }) => value);
}

/** All that is written in a value, whatever its type: a wrong one is shown in an excerpt too. */
function textsOf(node: ConfigNode): string[] {
  switch (node.kind) {
    case 'string':
      return [node.value];
    case 'number':
      return [node.text];
    case 'array':
      return node.items.flatMap(textsOf);
    case 'object':
      return node.members.flatMap(({ value }) => textsOf(value));
    default:
      return [];
  }
}
