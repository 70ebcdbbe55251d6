import type { Expression } from '../syntax/ast.ts';
import type { Type } from '../values/types.ts';
import type { Value } from '../values/value.ts';

export interface Parameter {
  readonly name: string;
  readonly type: Type;
  readonly nullable?: boolean;
  /** The function copes with unknown elements inside a known list, map or object. */
  readonly partial?: boolean;
  /** The function copes with wholly unknown values. */
  readonly unknowable?: boolean;
  /** May be left out; only the last ones. */
  readonly optional?: boolean;
}

/** A function of plain values. */
export interface PlainFunction {
  readonly kind: 'plain';
  readonly parameters: readonly Parameter[];
  /** Takes any number of further arguments. */
  readonly rest?: Parameter;
  /** The type of the result for arguments that are not all known. */
  readonly returns: Type | ((args: readonly Value[]) => Type);
  /** Throws a FunctionError for values it cannot work with. */
  call(args: readonly Value[]): Value;
}

/** What a function of expressions is given: the means to evaluate them. */
export interface LazyTools {
  /** The value, or the messages of what went wrong. */
  attempt(expression: Expression): { readonly value: Value } | { readonly problems: readonly string[] };
  /** Reports at an argument. */
  fail(expression: Expression | undefined, message: string, hint?: string): Value;
  evaluate(expression: Expression): Value;
  readType(expression: Expression): Type;
}

/** A function that evaluates its arguments itself: try, can, convert. */
export interface LazyFunction {
  readonly kind: 'lazy';
  readonly parameters: readonly Parameter[];
  readonly rest?: Parameter;
  call(args: readonly Expression[], tools: LazyTools): Value;
}

export type HclFunction = PlainFunction | LazyFunction;

export interface FunctionTable {
  get(name: string): HclFunction | undefined;
  names(): Iterable<string>;
}

/** What is wrong with the arguments, cause first; `argument` is the index of the one to blame. */
export class FunctionError extends Error {
  readonly argument: number | undefined;
  readonly hint: string | undefined;

  constructor(message: string, argument?: number, hint?: string) {
    super(message);
    this.name = 'FunctionError';
    this.argument = argument;
    this.hint = hint;
  }
}

export const NO_FUNCTIONS: FunctionTable = { get: () => undefined, names: () => [] };
