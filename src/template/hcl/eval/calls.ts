import { didYouMean } from '../../../sdk/suggest.ts';
import {
  FunctionError,
  type HclFunction,
  type LazyFunction,
  type Parameter,
  type PlainFunction,
} from '../functions/contract.ts';
import type { CallExpression, Expression } from '../syntax/ast.ts';
import { ConversionError, convert } from '../values/convert.ts';
import { readType } from '../values/type-expression.ts';
import { DYNAMIC, describeType } from '../values/types.ts';
import { isWhollyKnown, UNKNOWN, unknown, type Value } from '../values/value.ts';
import { type Evaluator, placeOf } from './index.ts';

/** An argument with the expression to blame for it. */
interface Argument {
  readonly value: Value;
  readonly at: Expression;
}

export function callFunction(evaluator: Evaluator, call: CallExpression): Value {
  const { text, span } = call.name;
  const found = evaluator.scope.functions.get(text);
  if (!found) return failOnUnknown(evaluator, call);
  if (found.kind === 'lazy') return callLazy(evaluator, call, found);
  const args = evaluateArguments(evaluator, call);
  if (!args || !countFits(evaluator, call, found, args.length)) return UNKNOWN;
  const values = prepare(evaluator, call, found, args);
  if (!values) return UNKNOWN;
  try {
    if (values.every((value, index) => isUsable(value, parameterAt(found, index)))) return found.call(values);
    return unknown(typeof found.returns === 'function' ? found.returns(values) : found.returns);
  } catch (error) {
    if (error instanceof ConversionError) return evaluator.fail(span, 'function-failed', `${text}: ${error.message}`);
    if (!(error instanceof FunctionError)) throw error;
    const at = error.argument === undefined ? undefined : args[error.argument]?.at;
    const place = at?.span ?? span;
    return evaluator.fail(
      place,
      'function-failed',
      `${text}: ${error.message}`,
      error.hint === undefined ? {} : { hint: error.hint },
    );
  }
}

function failOnUnknown(evaluator: Evaluator, call: CallExpression): Value {
  const { functions, restriction } = evaluator.scope;
  const { text, span } = call.name;
  if (restriction !== undefined)
    return evaluator.fail(span, 'function-not-allowed', `the function "${text}" cannot be called here: ${restriction}`);
  if (text === 'env') {
    return evaluator.fail(span, 'function-not-allowed', '"env" can be called only in the default of a variable', {
      hint: 'declare a variable with default = env("NAME") and refer to it',
    });
  }
  const foreign = FOREIGN[text];
  return evaluator.fail(
    span,
    'unknown-function',
    `there is no function "${text}"`,
    foreign === undefined ? didYouMean(text, functions.names()) : { hint: foreign },
  );
}

/** Functions that people know from related tools. */
const FOREIGN: Readonly<Record<string, string>> = {
  tostring: 'write convert(VALUE, string)',
  tonumber: 'write convert(VALUE, number)',
  tobool: 'write convert(VALUE, bool)',
  tolist: 'write convert(VALUE, list(any))',
  toset: 'write convert(VALUE, set(any))',
  tomap: 'write convert(VALUE, map(any))',
  isotime: 'write legacy_isotime(LAYOUT), or formatdate(FORMAT, timestamp())',
  strftime: 'write legacy_strftime(FORMAT), or formatdate(FORMAT, timestamp())',
  uuid: 'write uuidv4()',
  user: 'write var.NAME',
  template_dir: 'write path.root',
  filemd5: 'write md5(file(PATH))',
  filesha256: 'write sha256(file(PATH))',
};

/** The evaluated arguments, the last one spread if so written; undefined when their number is unknown. */
function evaluateArguments(evaluator: Evaluator, call: CallExpression): Argument[] | undefined {
  const args: Argument[] = call.args.map(at => ({ value: evaluator.evaluate(at), at }));
  if (!call.expandLast) return args;
  const last = args.pop();
  if (!last) return args;
  if (last.value.kind === 'sequence') return [...args, ...last.value.items.map(value => ({ value, at: last.at }))];
  if (last.value.kind !== 'unknown') {
    evaluator.fail(
      last.at.span,
      'wrong-type',
      `only a list can be spread with "...", not ${last.value.kind === 'null' ? 'null' : `a ${describeType(last.value.type)}`}`,
    );
  }
  return undefined;
}

function parameterAt(found: HclFunction, index: number): Parameter {
  return found.parameters[index] ?? found.rest ?? { name: 'value', type: DYNAMIC };
}

function signature(call: CallExpression, found: HclFunction): string {
  const names = found.parameters.map(one => (one.optional ? `[${one.name}]` : one.name));
  if (found.rest) names.push(`${found.rest.name}...`);
  return `${call.name.text}(${names.join(', ')})`;
}

function countFits(evaluator: Evaluator, call: CallExpression, found: HclFunction, count: number): boolean {
  const least = found.parameters.filter(one => !one.optional).length;
  const most = found.rest ? Number.POSITIVE_INFINITY : found.parameters.length;
  if (count >= least && count <= most) return true;
  const few = count < least;
  const missing = found.parameters[count]?.name;
  const what = few
    ? `too few arguments for ${call.name.text}: ${missing === undefined ? 'one' : `"${missing}"`} is missing`
    : `too many arguments for ${call.name.text}: it takes ${most === 0 ? 'none' : most}`;
  const extra = call.args[most];
  evaluator.fail(few || !extra ? call.span : extra.span, 'argument-count', what, {
    hint: `write ${signature(call, found)}`,
  });
  return false;
}

/** Converts to the parameters' types and refuses nulls; undefined after a complaint. */
function prepare(
  evaluator: Evaluator,
  call: CallExpression,
  found: PlainFunction,
  args: readonly Argument[],
): Value[] | undefined {
  const values: Value[] = [];
  let good = true;
  args.forEach(({ value, at }, index) => {
    const parameter = parameterAt(found, index);
    const what = `argument "${parameter.name}" of ${call.name.text}`;
    if (value.kind === 'null' && !parameter.nullable) {
      evaluator.fail(at.span, 'null-value', `${what}: it cannot be null`);
      good = false;
      return;
    }
    try {
      values.push(convert(value, parameter.type));
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      evaluator.fail(placeOf(at, error.path), 'wrong-type', `${what}: ${error.message}`);
      good = false;
    }
  });
  return good ? values : undefined;
}

function isUsable(value: Value, parameter: Parameter): boolean {
  if (parameter.unknowable) return true;
  return parameter.partial ? value.kind !== 'unknown' : isWhollyKnown(value);
}

function callLazy(evaluator: Evaluator, call: CallExpression, found: LazyFunction): Value {
  if (call.expandLast)
    return evaluator.fail(call.span, 'wrong-type', `the arguments of ${call.name.text} cannot be spread with "..."`);
  if (!countFits(evaluator, call, found, call.args.length)) return UNKNOWN;
  return found.call(call.args, {
    evaluate: expression => evaluator.evaluate(expression),
    attempt: expression => {
      const problems: typeof evaluator.diagnostics = [];
      const value = evaluator.reportingTo(problems).evaluate(expression);
      return problems.length === 0 ? { value } : { problems: problems.map(one => one.message) };
    },
    fail: (expression, message, hint) =>
      evaluator.fail(
        expression?.span ?? call.name.span,
        'function-failed',
        `${call.name.text}: ${message}`,
        hint === undefined ? {} : { hint },
      ),
    readType: expression => readType(expression, constant => evaluator.evaluate(constant), evaluator.diagnostics).type,
  });
}
