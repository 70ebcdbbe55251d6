import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { Span } from '../../../sdk/source.ts';
import { evaluate, type Scope } from '../eval/index.ts';
import type { FunctionTable } from '../functions/contract.ts';
import type { Attribute, Block, Expression } from '../syntax/ast.ts';
import { expressionInString } from '../syntax/json.ts';
import { ConversionError, convert } from '../values/convert.ts';
import { applyDefaults } from '../values/defaults.ts';
import { type Constraint, plainText, readType } from '../values/type-expression.ts';
import { DYNAMIC } from '../values/types.ts';
import { UNKNOWN, type Value } from '../values/value.ts';
import { openContent, readBody } from './content.ts';
import { VALIDATION, VARIABLE } from './schemas.ts';
import { ArgumentReader, constantScope } from './values.ts';

export interface Validation {
  readonly condition: Expression;
  readonly message: string;
  readonly span: Span;
}

/** A declared variable. */
export interface Declaration {
  readonly name: string;
  readonly span: Span;
  readonly constraint: Constraint;
  /** The type was taken from the default: only values of quite another kind are refused. */
  readonly inferred: boolean;
  readonly default: { readonly value: Value; readonly expression: Expression } | undefined;
  readonly description: string | undefined;
  readonly sensitive: boolean;
  readonly validations: readonly Validation[];
}

const ANY: Constraint = { type: DYNAMIC, defaults: undefined };
const CONSTANT = constantScope('this must be a plain value');

/** Reads `variable` and `variables` blocks. `functions` are those that defaults may call: env. */
export function readVariables(
  blocks: readonly Block[],
  functions: FunctionTable,
  diagnostics: Diagnostic[],
): Map<string, Declaration> {
  const declared = new Map<string, Declaration>();
  const add = (declaration: Declaration): void => {
    const earlier = declared.get(declaration.name);
    if (!earlier) declared.set(declaration.name, declaration);
    else {
      const notes = [{ message: 'declared here first', span: earlier.span }];
      diagnostics.push(
        errorAt(declaration.span, 'duplicate-variable', `the variable "${declaration.name}" is declared twice`, {
          hint: 'delete one of the two, or rename it',
          notes,
        }),
      );
    }
  };
  const scope: Scope = { roots: new Map(), functions, elsewhere: NOT_IN_DEFAULTS };
  for (const block of blocks) {
    if (block.type === 'variable') add(readVariable(block, scope, diagnostics));
    if (block.type === 'variables')
      for (const attribute of openContent(block.body, diagnostics).attributes)
        add(shortDeclaration(attribute, scope, diagnostics));
  }
  return declared;
}

const PLAIN = 'outside of defaults of variables: use a local that combines them';
const NOT_IN_DEFAULTS = {
  var: PLAIN,
  local: PLAIN,
  data: PLAIN,
  path: PLAIN,
  packer: PLAIN,
  source: PLAIN,
  build: PLAIN,
};

function shortDeclaration(attribute: Attribute, scope: Scope, diagnostics: Diagnostic[]): Declaration {
  const { name, expression } = attribute;
  const value = evaluate(expression, scope, diagnostics);
  const constraint = { type: value.type, defaults: undefined };
  return {
    name,
    span: attribute.nameSpan,
    constraint,
    inferred: true,
    default: { value, expression },
    description: undefined,
    sensitive: false,
    validations: [],
  };
}

function readVariable(block: Block, scope: Scope, diagnostics: Diagnostic[]): Declaration {
  const [label] = block.labels;
  const name = label?.text ?? '';
  if (label && !/^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(name)) {
    diagnostics.push(
      errorAt(label.span, 'invalid-name', `"${name}" cannot be the name of a variable`, {
        hint: 'use letters, digits, "_" and "-", a letter or "_" first',
      }),
    );
  }
  const { attributes, blocks } = readBody(block.body, VARIABLE, 'a variable block', diagnostics);
  const reader = new ArgumentReader(attributes, CONSTANT, diagnostics);
  const type = attributes.get('type');
  const given = attributes.get('default');
  const written = type && readConstraint(type, diagnostics);
  const fallback = given && readDefault(given, written, scope, diagnostics);
  reader.flag('ephemeral');
  return {
    name,
    span: label?.span ?? block.headerSpan,
    constraint: written ?? (fallback ? { type: fallback.value.type, defaults: undefined } : ANY),
    inferred: !written,
    default: fallback,
    description: reader.text('description'),
    sensitive: reader.flag('sensitive') === true,
    validations: blocks.flatMap(one => readValidation(one, name, diagnostics) ?? []),
  };
}

function readConstraint(attribute: Attribute, diagnostics: Diagnostic[]): Constraint {
  let { expression } = attribute;
  const { file, start } = expression.span;
  // In the JSON syntax a type stands in a string.
  if (
    expression.kind === 'literal' &&
    typeof expression.value === 'string' &&
    file.text.charAt(start) === '"' &&
    /\.json$/.test(file.path)
  ) {
    expression =
      expressionInString({ kind: 'string', value: expression.value, span: expression.span }, diagnostics) ?? expression;
  }
  return readType(expression, constant => evaluate(constant, CONSTANT, diagnostics), diagnostics);
}

function readDefault(
  attribute: Attribute,
  constraint: Constraint | undefined,
  scope: Scope,
  diagnostics: Diagnostic[],
): NonNullable<Declaration['default']> {
  const { expression } = attribute;
  const value = evaluate(expression, scope, diagnostics);
  if (!constraint) return { value, expression };
  try {
    return { value: conform(value, constraint), expression };
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    diagnostics.push(
      errorAt(expression.span, 'wrong-type', `the default does not fit the variable's type: ${error.message}`),
    );
    return { value: UNKNOWN, expression };
  }
}

/** Fills in optional attributes and converts. Throws a ConversionError. */
export function conform(value: Value, { type, defaults }: Constraint): Value {
  return convert(defaults && value.kind !== 'unknown' ? applyDefaults(value, defaults) : value, type);
}

function readValidation(block: Block, variable: string, diagnostics: Diagnostic[]): Validation | undefined {
  const { attributes } = readBody(block.body, VALIDATION, 'a validation block', diagnostics);
  const condition = attributes.get('condition');
  const message = attributes.get('error_message');
  if (!condition || !message) {
    diagnostics.push(
      errorAt(
        block.headerSpan,
        'incomplete-validation',
        `this validation has no "${condition ? 'error_message' : 'condition'}"`,
        { hint: `write condition = ... var.${variable} ... and error_message = "..."` },
      ),
    );
    return undefined;
  }
  const text =
    plainText(message.expression) ?? new ArgumentReader(attributes, CONSTANT, diagnostics).text('error_message');
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (!/^\P{Ll}/u.test(trimmed) || !/[.?!]$/.test(trimmed)) {
    diagnostics.push(
      errorAt(message.expression.span, 'invalid-error-message', 'the message must be a whole sentence', {
        hint: 'begin with a capital letter and end with ".", "?" or "!"',
      }),
    );
  }
  return { condition: condition.expression, message: text, span: condition.expression.span };
}
