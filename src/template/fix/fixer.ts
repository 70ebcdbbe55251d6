import type { JsonObject, JsonValue } from './json.ts';

/** The parts of a template that fixers look at. They change the objects in place. */
export interface FixTarget {
  readonly builders: readonly JsonObject[];
  readonly provisioners: readonly JsonObject[];
  /** Also those inside sequences. */
  readonly postProcessors: readonly JsonObject[];
  readonly hasPostProcessors: boolean;
  /** Reports what cannot be fixed; the template is then not printed. */
  fail(message: string, hint: string): void;
}

/** Rewrites one thing that newer versions of Packer spell differently. */
export interface Fixer {
  /** Packer's name of it. */
  readonly name: string;
  /** The old option names it knows: using one of them is answered with the advice to run fix. */
  readonly keys?: readonly string[];
  apply(target: FixTarget): void;
}

/** A fixer that looks at each builder, of certain types when given. */
export function builderFixer(
  name: string,
  keys: readonly string[],
  types: ((type: string) => boolean) | undefined,
  fix: (builder: JsonObject, target: FixTarget) => void,
): Fixer {
  return {
    name,
    keys,
    apply(target) {
      for (const builder of target.builders) {
        if (!types || (typeof builder.type === 'string' && types(builder.type))) fix(builder, target);
      }
    },
  };
}

/** Matches those type names. */
export function types(...names: readonly string[]): (type: string) => boolean {
  return type => names.includes(type);
}

export const has = (object: JsonObject, key: string): boolean => Object.hasOwn(object, key);
export const isString = (value: JsonValue | undefined): value is string => typeof value === 'string';
export const isBoolean = (value: JsonValue | undefined): value is boolean => typeof value === 'boolean';

interface RenameOptions {
  /** Only values of this kind are moved. */
  readonly when?: (value: JsonValue | undefined) => boolean;
  /** A value already under the new name wins; the old one is dropped. Otherwise it is overwritten. */
  readonly keepNew?: boolean;
}

/** Moves a value to another key. */
export function rename(object: JsonObject, from: string, to: string, { when, keepNew }: RenameOptions = {}): void {
  if (!has(object, from) || (when && !when(object[from]))) return;
  if (!keepNew || !has(object, to)) object[to] = object[from] ?? null;
  delete object[from];
}
