import type { Lookups, SecretLookup } from '../../interpolate/lookups.ts';

/** Reads of services outside, given by whoever may talk to them. Each throws an error whose message says why not. */
export interface OutsideLookups {
  readonly secrets?: SecretLookup | undefined;
  consul?(key: string): Promise<string>;
  vault?(path: string, key: string): Promise<string>;
}

/** The surroundings that functions read. */
export interface FunctionContext {
  /** The process's folder: abspath, filebase64. */
  readonly cwd: string;
  /** The template's folder: file, fileexists, fileset, templatefile. */
  readonly templateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The instant of legacy_isotime and legacy_strftime. */
  readonly startedAt: Date;
  readonly lookups: Lookups;
  readonly outside: OutsideLookups;
  /** Larger libraries, once loaded: see libraries.ts. */
  readonly libraries: Libraries;
}

/** What a few functions need besides Node; loaded only when a template calls one of them. */
export interface Libraries {
  yaml?: typeof import('yaml');
  bcrypt?: { hashSync(text: string, cost: number): string };
}
