import type { Scope } from '../eval/index.ts';
import type { Body } from '../syntax/ast.ts';
import { object, string, type Value } from '../values/value.ts';
import { expressionsOf, referencesIn } from './references.ts';

/** What stands for values of the running build as long as it does not run. */
const NOT_YET = '<unknown>';

/** The scope with `source.type` and `source.name`. */
export function withSource(scope: Scope, type: string, name: string): Scope {
  const value = object([
    ['type', string(type)],
    ['name', string(name)],
  ]);
  return {
    ...scope,
    roots: new Map(scope.roots).set('source', {
      value,
      missing: () => ({ message: 'a source has only the attributes "type" and "name"' }),
    }),
  };
}

/** The scope in which `build.name` is known; the other attributes come with `withBuildData`. */
export function withBuildName(scope: Scope, name: string): Scope {
  return { ...scope, roots: new Map(scope.roots).set('build', { value: object([['name', string(name)]]) }) };
}

/**
 * The scope with the values of the running build. Only the builder knows which ones it gives, so every name that the
 * bodies refer to exists, and is Packer's "<unknown>" text while, or where, there is none.
 */
export function withBuildData(
  scope: Scope,
  bodies: readonly Body[],
  data: Readonly<Record<string, string>> | undefined,
): Scope {
  const build = scope.roots.get('build')?.value;
  const entries = new Map<string, Value>();
  for (const { root, path } of bodies.flatMap(expressionsOf).flatMap(referencesIn)) {
    const [name] = path;
    if (root === 'build' && name !== undefined) entries.set(name, string(NOT_YET));
  }
  for (const [name, value] of Object.entries(data ?? {})) entries.set(name, string(value));
  if (build?.kind === 'mapping') for (const [name, value] of build.entries) entries.set(name, value);
  return { ...scope, roots: new Map(scope.roots).set('build', { value: object(entries) }) };
}
