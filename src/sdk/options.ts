/**
 * The language in which plugins declare their options. One table per plugin is the single source of: the decoded
 * TypeScript type, weak typing, the JSON Schema (`kiln schema`, editors), the ajv validator and the option tables in docs/.
 */
export type OptionType =
  | 'string'
  | 'boolean'
  /** Unset, true or false: unset is told from false. */
  | 'tri'
  | 'integer'
  | 'number'
  /** Go duration text in templates, milliseconds once decoded. */
  | 'duration'
  | 'strings'
  | 'integers'
  | 'map'
  | 'block'
  | 'blocks'
  | 'block-map'
  | 'string-lists'
  | 'any';

export interface OptionTraits {
  /** One or two sentences for docs and editor hover text. */
  readonly note: string;
  readonly required?: boolean;
  /** The default as documented; plugins apply it themselves where it depends on something. */
  readonly default?: unknown;
  readonly allowed?: readonly (string | number)[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  /** Environment variables consulted when it is empty. */
  readonly env?: readonly string[];
  /** Rendered when the plugin runs, not at preparation; then it may use run-time data. */
  readonly late?: boolean;
  readonly deprecated?: string;
  /** Its value is masked in all output. */
  readonly secret?: boolean;
  /** An explicit empty string, list or 0 differs from leaving it out. Elsewhere empty means unset, as in Packer. */
  readonly keepEmpty?: boolean;
  /** Accepted, but not offered by docs and editors (set by kiln itself). */
  readonly internal?: boolean;
}

export interface Option<T = unknown> extends OptionTraits {
  readonly type: OptionType;
  readonly fields?: OptionTable;
  /** Carries the decoded type for `OptionsOf`; never set. */
  readonly decoded?: T;
}

export type OptionTable = Readonly<Record<string, Option>>;

type Decoded<O> = O extends Option<infer T> ? T : never;
type RequiredKeys<Table> = {
  [K in keyof Table]: Table[K] extends { readonly required: true } ? K : never;
}[keyof Table];

/** The object type that decoding a table gives: `required` options are present, all others may be undefined. */
export type OptionsOf<Table extends OptionTable> = {
  readonly [K in Exclude<keyof Table, RequiredKeys<Table>>]?: Decoded<Table[K]> | undefined;
} & { readonly [K in RequiredKeys<Table>]: Decoded<Table[K]> };

/** One value instead of a list stays `T`: keeps literal `required: true` visible to `OptionsOf`. */
type Made<T, Traits> = Option<T> & Traits;

export const option = {
  string: <const T extends OptionTraits>(traits: T): Made<string, T> => ({ type: 'string', ...traits }),
  boolean: <const T extends OptionTraits>(traits: T): Made<boolean, T> => ({ type: 'boolean', ...traits }),
  tri: <const T extends OptionTraits>(traits: T): Made<boolean, T> => ({ type: 'tri', ...traits }),
  integer: <const T extends OptionTraits>(traits: T): Made<number, T> => ({ type: 'integer', ...traits }),
  number: <const T extends OptionTraits>(traits: T): Made<number, T> => ({ type: 'number', ...traits }),
  duration: <const T extends OptionTraits>(traits: T): Made<number, T> => ({ type: 'duration', ...traits }),
  strings: <const T extends OptionTraits>(traits: T): Made<readonly string[], T> => ({ type: 'strings', ...traits }),
  integers: <const T extends OptionTraits>(traits: T): Made<readonly number[], T> => ({ type: 'integers', ...traits }),
  map: <const T extends OptionTraits>(traits: T): Made<Readonly<Record<string, string>>, T> => ({
    type: 'map',
    ...traits,
  }),
  stringLists: <const T extends OptionTraits>(traits: T): Made<readonly (readonly string[])[], T> => ({
    type: 'string-lists',
    ...traits,
  }),
  any: <const T extends OptionTraits>(traits: T): Made<unknown, T> => ({ type: 'any', ...traits }),
  block: <const F extends OptionTable, const T extends OptionTraits>(fields: F, traits: T): Made<OptionsOf<F>, T> => ({
    type: 'block',
    fields,
    ...traits,
  }),
  blocks: <const F extends OptionTable, const T extends OptionTraits>(
    fields: F,
    traits: T,
  ): Made<readonly OptionsOf<F>[], T> => ({
    type: 'blocks',
    fields,
    ...traits,
  }),
  /** An object whose values are blocks, e.g. vagrant's `override`. */
  blockMap: <const F extends OptionTable, const T extends OptionTraits>(
    fields: F,
    traits: T,
  ): Made<Readonly<Record<string, OptionsOf<F>>>, T> => ({
    type: 'block-map',
    fields,
    ...traits,
  }),
} as const;

/** A rule over several options of one object, checked by the compiled validator. Empty values count as absent. */
export type Rule =
  | { readonly rule: 'exactly-one'; readonly of: readonly string[]; readonly message?: string }
  | { readonly rule: 'at-most-one'; readonly of: readonly string[]; readonly message?: string }
  | { readonly rule: 'at-least-one'; readonly of: readonly string[]; readonly message?: string }
  | { readonly rule: 'together'; readonly of: readonly string[]; readonly message?: string }
  | { readonly rule: 'requires'; readonly if: string; readonly all: readonly string[]; readonly message?: string };

/** Everything declared about the options of one plugin. */
export interface OptionSchema {
  readonly options: OptionTable;
  readonly rules?: readonly Rule[];
  /** Keys Packer once knew, with the advice to give: a fixer's name, or what to write instead. */
  readonly removed?: Readonly<Record<string, string>>;
}
