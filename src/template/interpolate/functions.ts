import type { RenderScope } from '../model.ts';
import { builtins } from './builtins.ts';
import { engineFunctions } from './engine-functions.ts';
import type { Budget } from './limits.ts';
import type { Value } from './values.ts';

/** What a parameter takes; `any` includes "no value". */
export type ParameterKind = 'any' | 'string' | 'int';

/** The part of a renderer's surroundings that functions read. */
export interface EngineEnv {
  readonly language: 'json' | 'hcl2';
  readonly templateDir: string;
  readonly cwd: string;
  /** The instant of timestamp, isotime and strftime. */
  readonly startedAt: Date;
  /** What packer_version gives. */
  readonly version: string;
}

/** Functions that reach outside; only there while variables are rendered. All may throw CallFault or PendingLookup. */
export interface OutsideWorld {
  env(name: string): string;
  consulKey(key: string): string;
  vault(path: string, key: string): string;
  secret(name: string, key: string | undefined): string;
  rawSecret(name: string): string;
}

/** What a function call can see. */
export interface CallContext {
  readonly env: EngineEnv;
  readonly scope: RenderScope;
  readonly budget: Budget;
  /** The value of a user variable. Throws a CallFault where the name must exist. */
  user(name: string): string;
  /** Present while variables are rendered. */
  readonly outside?: OutsideWorld | undefined;
}

export interface TemplateFunction {
  readonly params: readonly ParameterKind[];
  /** Kind of any further arguments. */
  readonly rest?: ParameterKind;
  /** Called with arguments of the stated kinds. Throws a CallFault for what it cannot do with them. */
  call(args: readonly Value[], context: CallContext): Value;
}

/** Registered by the Amazon builders: hence only in builds of theirs. */
const AMAZON_ONLY = 'clean_resource_name';

/** The function of that name in this scope; undefined when there is none. */
export function findFunction(name: string, scope: RenderScope): TemplateFunction | undefined {
  if (name === AMAZON_ONLY && !scope.buildType?.startsWith('amazon-')) return undefined;
  if (Object.hasOwn(engineFunctions, name)) return engineFunctions[name];
  return Object.hasOwn(builtins, name) ? builtins[name] : undefined;
}

/** All names that `findFunction` knows in this scope. */
export function functionNames(scope: RenderScope): string[] {
  return [...Object.keys(engineFunctions), ...Object.keys(builtins)].filter(name => findFunction(name, scope));
}

/** Whether a name exists in some other scope. */
export function needsAmazonBuilder(name: string): boolean {
  return name === AMAZON_ONLY;
}
