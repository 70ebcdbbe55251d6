import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import { evaluate, type Scope } from '../eval/index.ts';
import { NO_FUNCTIONS } from '../functions/contract.ts';
import type { Attribute, Expression } from '../syntax/ast.ts';
import { ConversionError, convert } from '../values/convert.ts';
import { isInteger, toDouble } from '../values/number.ts';
import { BOOL, listOf, NUMBER, STRING, type Type } from '../values/types.ts';
import { UNKNOWN, type Value } from '../values/value.ts';

/** A scope in which nothing can be referred to. */
export function constantScope(restriction: string): Scope {
  return { roots: new Map(), functions: NO_FUNCTIONS, restriction };
}

/** Evaluates an expression as a type; unknown after a complaint. */
export function evaluateAs(
  expression: Expression,
  type: Type,
  scope: Scope,
  what: string,
  diagnostics: Diagnostic[],
): Value {
  const before = diagnostics.length;
  const value = evaluate(expression, scope, diagnostics);
  if (diagnostics.length > before) return UNKNOWN;
  try {
    return convert(value, type);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    const { file, start, end } = expression.span;
    const hint =
      type.kind === 'list' && value.kind === 'string' ? { hint: `write [${file.text.slice(start, end)}]` } : {};
    diagnostics.push(errorAt(expression.span, 'wrong-type', `${what}: ${error.message}`, hint));
    return UNKNOWN;
  }
}

/** Reads arguments of fixed types in one scope; null and unknown count as left out. */
export class ArgumentReader {
  private readonly attributes: ReadonlyMap<string, Attribute>;
  private readonly scope: Scope;
  private readonly diagnostics: Diagnostic[];

  constructor(attributes: ReadonlyMap<string, Attribute>, scope: Scope, diagnostics: Diagnostic[]) {
    this.attributes = attributes;
    this.scope = scope;
    this.diagnostics = diagnostics;
  }

  private value(name: string, type: Type): Value | undefined {
    const attribute = this.attributes.get(name);
    return attribute && evaluateAs(attribute.expression, type, this.scope, `"${name}"`, this.diagnostics);
  }

  text(name: string): string | undefined {
    const value = this.value(name, STRING);
    return value?.kind === 'string' ? value.text : undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.value(name, BOOL);
    return value?.kind === 'bool' ? value.flag : undefined;
  }

  /** A whole number of at least 0. */
  count(name: string): number | undefined {
    const value = this.value(name, NUMBER);
    if (value?.kind !== 'number') return undefined;
    const count = toDouble(value.number);
    if (isInteger(value.number) && count >= 0) return count;
    this.report(name, 'wrong-type', `"${name}" must be a whole number, 0 or more`);
    return undefined;
  }

  texts(name: string): string[] | undefined {
    const value = this.value(name, listOf(STRING));
    if (value?.kind !== 'sequence') return undefined;
    return value.items.flatMap(item => (item.kind === 'string' ? [item.text] : []));
  }

  report(name: string, code: string, message: string, hint?: string): void {
    const attribute = this.attributes.get(name);
    this.diagnostics.push(errorAt(attribute?.expression.span, code, message, hint === undefined ? {} : { hint }));
  }
}
