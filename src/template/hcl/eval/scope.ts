import type { Span } from '../../../sdk/source.ts';
import type { FunctionTable } from '../functions/contract.ts';
import type { Value } from '../values/value.ts';

/** A name that expressions can refer to. */
export interface Root {
  readonly value: Value;
  /** Says what is wrong when a member is not there, e.g. that a variable is not declared. */
  missing?(name: string): { readonly message: string; readonly hint?: string };
  /** Where the value of a member came from, for notes. */
  origin?(name: string): { readonly what: string; readonly span: Span } | undefined;
}

/** What an expression may use. */
export interface Scope {
  readonly roots: ReadonlyMap<string, Root>;
  readonly functions: FunctionTable;
  /** Why names or functions are not there, e.g. "var-files hold plain values". */
  readonly restriction?: string;
  /** Names of other places, with the place they belong to: better than "unknown". */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

/** The scope with one more name, e.g. of a for expression. */
export function withName(scope: Scope, entries: readonly (readonly [string, Value])[]): Scope {
  const roots = new Map(scope.roots);
  for (const [name, value] of entries) roots.set(name, { value });
  return { ...scope, roots };
}
