import type { OutsideWorld } from '../../interpolate/functions.ts';

/** The surroundings that functions read. */
export interface FunctionContext {
  /** The process's folder: abspath, filebase64. */
  readonly cwd: string;
  /** The template's folder: file, fileexists, fileset, templatefile. */
  readonly templateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The instant of legacy_isotime and legacy_strftime. */
  readonly startedAt: Date;
  readonly outside: OutsideWorld;
  /** Larger libraries, once loaded: see libraries.ts. */
  readonly libraries: Libraries;
}

/** What a few functions need besides Node; loaded only when a template calls one of them. */
export interface Libraries {
  yaml?: typeof import('yaml');
  bcrypt?: { hashSync(text: string, cost: number): string };
}
