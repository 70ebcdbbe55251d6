import { hasActions } from './engine.ts';
import { parseTemplate } from './parser.ts';

/** A `user` call with a literal name. */
export interface UserReference {
  readonly name: string;
  /** Half-open range of the quoted name in the text. */
  readonly start: number;
  readonly end: number;
}

/** All `user` calls of a text whose name is written out; none for a text that does not parse. */
export function userReferences(text: string): UserReference[] {
  if (!hasActions(text)) return [];
  try {
    return referencesOf(parseTemplate(text).calls);
  } catch {
    return [];
  }
}

/** The same for the calls of a parsed text. */
export function referencesOf(calls: ReturnType<typeof parseTemplate>['calls']): UserReference[] {
  return calls.flatMap(({ head, args: [name] }) => {
    if (head.kind !== 'function' || head.name !== 'user' || name?.kind !== 'string') return [];
    return [{ name: name.value, start: name.start, end: name.end }];
  });
}
