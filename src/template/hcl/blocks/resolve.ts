import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { Span } from '../../../sdk/source.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import { evaluate, type Root } from '../eval/index.ts';
import type { FunctionTable } from '../functions/contract.ts';
import { ConversionError, convert } from '../values/convert.ts';
import { BOOL } from '../values/types.ts';
import { object, UNKNOWN, unknown, type Value } from '../values/value.ts';
import type { Assignment } from './assignments.ts';
import { referencesIn } from './references.ts';
import { conform, type Declaration, type Validation } from './variables.ts';

/** A variable with its final value and where that came from. */
export interface Resolved {
  readonly declaration: Declaration;
  readonly value: Value;
  readonly origin: { readonly what: string; readonly span: Span } | undefined;
  /** What was given when the value is unknown because that did not fit. */
  readonly refused?: Value;
}

/** Takes the last assignment of each variable, or its default. Unless `optional`, a variable without either is an error. */
export function resolveVariables(
  declared: ReadonlyMap<string, Declaration>,
  assignments: readonly Assignment[],
  optional: boolean,
  diagnostics: Diagnostic[],
): Map<string, Resolved> {
  const last = new Map(assignments.map(one => [one.name, one]));
  const resolved = new Map<string, Resolved>();
  for (const declaration of declared.values()) {
    resolved.set(declaration.name, resolveOne(declaration, last.get(declaration.name), optional, diagnostics));
  }
  return resolved;
}

function resolveOne(
  declaration: Declaration,
  assignment: Assignment | undefined,
  optional: boolean,
  diagnostics: Diagnostic[],
): Resolved {
  const { name, constraint, default: fallback } = declaration;
  if (assignment) {
    const what = `the value of "${name}" (${assignment.origin})`;
    const value = accept(declaration, assignment, diagnostics);
    return {
      declaration,
      value,
      origin: { what, span: assignment.span },
      ...(value.kind === 'unknown' && { refused: assignment.value }),
    };
  }
  if (fallback) {
    return {
      declaration,
      value: fallback.value,
      origin: { what: `the default of "${name}"`, span: fallback.expression.span },
    };
  }
  if (!optional) {
    diagnostics.push(
      errorAt(declaration.span, 'unset-variable', `the variable "${name}" has no value`, {
        hint: `give it a default, -var '${name}=...', a -var-file, or PKR_VAR_${name} in the environment`,
      }),
    );
  }
  return { declaration, value: unknown(constraint.type), origin: undefined };
}

function accept(declaration: Declaration, assignment: Assignment, diagnostics: Diagnostic[]): Value {
  try {
    return conform(assignment.value, declaration.constraint);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    if (declaration.inferred && isSimilar(assignment.value, declaration)) return assignment.value;
    diagnostics.push(
      errorAt(
        assignment.span,
        'wrong-type',
        `the value of the variable "${declaration.name}" does not fit its type: ${error.message}`,
        {
          notes: [{ message: 'the variable is declared here', span: declaration.span }],
        },
      ),
    );
    return UNKNOWN;
  }
}

/** A default of `[]` or `{}` tells that a list or an object is wanted, not how long it must be. Packer is stricter here. */
function isSimilar(value: Value, { constraint: { type } }: Declaration): boolean {
  if (type.kind === 'tuple') return value.kind === 'sequence';
  return type.kind === 'object' && value.kind === 'mapping';
}

const ELSEWHERE_IN_FOLDER = 'if another file of the folder declares it, give the folder instead of the file';

/** `var` as expressions see it. */
export function variablesRoot(resolved: ReadonlyMap<string, Resolved>, hasNeighbours: () => boolean): Root {
  return {
    value: object([...resolved].map(([name, one]) => [name, one.value])),
    origin: name => resolved.get(name)?.origin,
    missing: name => ({
      message: `the variable "${name}" is not declared`,
      hint:
        didYouMean(name, resolved.keys()).hint ??
        (hasNeighbours() ? ELSEWHERE_IN_FOLDER : `declare it: variable "${name}" {}`),
    }),
  };
}

/** Checks every validation rule against the variable's final value. */
export function validateVariables(
  resolved: ReadonlyMap<string, Resolved>,
  functions: FunctionTable,
  diagnostics: Diagnostic[],
): void {
  for (const one of resolved.values()) {
    for (const validation of one.declaration.validations) check(one, validation, functions, diagnostics);
  }
}

function check(resolved: Resolved, validation: Validation, functions: FunctionTable, diagnostics: Diagnostic[]): void {
  const { name } = resolved.declaration;
  const references = referencesIn(validation.condition);
  if (!references.some(({ root, path }) => root === 'var' && path[0] === name)) {
    diagnostics.push(
      errorAt(validation.span, 'invalid-validation', `the condition must say something about var.${name}`),
    );
    return;
  }
  const own: Root = {
    value: object([[name, resolved.value]]),
    missing: other => ({ message: `the condition may refer to var.${name} only, not to var.${other}` }),
  };
  const before = diagnostics.length;
  const only = `outside of conditions, which may refer to var.${name} only`;
  const elsewhere = { local: only, data: only, source: only, build: only, path: only, packer: only };
  const value = evaluate(validation.condition, { roots: new Map([['var', own]]), functions, elsewhere }, diagnostics);
  if (diagnostics.length > before || value.kind === 'unknown') return;
  const verdict = truth(value);
  if (verdict === undefined)
    diagnostics.push(errorAt(validation.span, 'invalid-validation', 'the condition must give true or false'));
  if (verdict === false) {
    const { origin, declaration } = resolved;
    diagnostics.push(
      errorAt(
        origin?.span ?? declaration.span,
        'invalid-value',
        `${origin?.what ?? `the value of "${name}"`} is not valid: ${validation.message}`,
        {
          notes: [{ message: 'the condition it must meet', span: validation.span }],
        },
      ),
    );
  }
}

function truth(value: Value): boolean | undefined {
  try {
    const verdict = convert(value, BOOL);
    return verdict.kind === 'bool' ? verdict.flag : undefined;
  } catch (error) {
    if (error instanceof ConversionError) return undefined;
    throw error;
  }
}

/** Every text inside the value of a sensitive variable; one that did not fit is as secret as one that does. */
export function secretTexts({ declaration, value, origin, refused }: Resolved): string[] {
  if (!declaration.sensitive) return [];
  if (!refused) return textsIn(value);
  const { file, start, end } = origin?.span ?? declaration.span;
  const isWhole = start === 0 && end === file.text.length && end > 0;
  return [...textsIn(refused), ...(isWhole ? [file.text] : [])];
}

/** Every text inside a sensitive value. */
export function textsIn(value: Value): string[] {
  if (value.kind === 'string') return value.text === '' ? [] : [value.text];
  if (value.kind === 'sequence') return value.items.flatMap(textsIn);
  return value.kind === 'mapping' ? [...value.entries.values()].flatMap(textsIn) : [];
}
