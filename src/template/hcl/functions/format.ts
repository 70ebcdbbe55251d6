import { Flags } from '../../interpolate/format/flags.ts';
import { formatFloatValue, formatInt, formatText } from '../../interpolate/format/scalars.ts';
import { ConversionError, convert } from '../values/convert.ts';
import { toJson } from '../values/json.ts';
import { isInteger, toDouble, toText, truncate } from '../values/number.ts';
import { BOOL, listOf, NUMBER, STRING, type Type } from '../values/types.ts';
import { list, string, type Value } from '../values/value.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { any, defineVariadic, text, textAt } from './define.ts';

/** %, flags, width, precision, [index] and the verb. */
const VERB = /%([-+ 0#]*)(\d+)?(?:\.(\d+)?)?(?:\[(\d+)\])?([\s\S]?)/gu;

/** Renders a format; `args[0]` is the format itself. */
function sprintf(args: readonly Value[]): string {
  let next = 1;
  let used = 1;
  let indexed = false;
  const result = textAt(args, 0).replace(
    VERB,
    (
      whole: string,
      marks: string,
      width: string | undefined,
      precision: string | undefined,
      index: string | undefined,
      verb: string,
    ) => {
      if (whole === '%%') return '%';
      if (verb === '' || !/[a-zA-Z]/.test(verb))
        throw new FunctionError(`"${whole}" in the format has no verb`, 0, 'write %% for a percent sign');
      const position = index === undefined ? next : Number(index);
      indexed ||= index !== undefined;
      const value = args[position];
      if (!value || position === 0)
        throw new FunctionError(`"${whole}" in the format has no argument: there are ${args.length - 1}`, 0);
      next = position + 1;
      used = Math.max(used, next);
      return formatOne(value, verb, readFlags(whole, marks, width, precision), whole, position);
    },
  );
  if (used < args.length && !indexed)
    throw new FunctionError(
      `the format uses ${used - 1} of ${args.length - 1} arguments`,
      used,
      'delete the argument, or add a verb such as %s',
    );
  return result;
}

function readFlags(whole: string, marks: string, width: string | undefined, precision: string | undefined): Flags {
  const flags = new Flags();
  for (const mark of marks) {
    if (mark === '-') flags.minus = true;
    if (mark === '+') flags.plus = true;
    if (mark === '#') flags.sharp = true;
    if (mark === ' ') flags.space = true;
    if (mark === '0') flags.zero = true;
  }
  // A width of more would only be a way to fill the memory.
  if (Number(width ?? 0) > 10_000 || Number(precision ?? 0) > 10_000)
    throw new FunctionError(`"${whole}" in the format is too wide`, 0);
  if (flags.minus) flags.zero = false;
  flags.width = width === undefined ? undefined : Number(width);
  flags.precision = precision !== undefined ? Number(precision) : whole.includes('.') ? 0 : undefined;
  return flags;
}

function formatOne(value: Value, verb: string, flags: Flags, whole: string, argument: number): string {
  if (verb === 'v') return formatAny(value, flags);
  const wanted = WANTED[verb];
  if (!wanted)
    throw new FunctionError(
      `"${whole}" in the format has an unknown verb`,
      0,
      'the verbs are %v %s %q %d %f %t %b %o %x %X %e %E %g %G',
    );
  if (value.kind === 'null') throw new FunctionError(`the value for "${whole}" is null`, argument);
  const formatted = formatAs(converted(value, wanted, whole, argument), verb, flags);
  if (formatted === undefined) throw new FunctionError(`the value for "${whole}" must be a whole number`, argument);
  return formatted;
}

const WANTED: Readonly<Record<string, Type>> = {
  t: BOOL,
  s: STRING,
  q: STRING,
  ...Object.fromEntries([...'bdoxXeEfgG'].map(verb => [verb, NUMBER])),
};

function converted(value: Value, wanted: Type, whole: string, argument: number): Value {
  try {
    return convert(value, wanted);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    throw new FunctionError(`the value for "${whole}" does not fit: ${error.message}`, argument);
  }
}

function formatAny(value: Value, flags: Flags): string {
  const plain = value.kind === 'string' || value.kind === 'number' || value.kind === 'bool';
  if (flags.sharp || !plain) return padJson(toJson(value), flags);
  if (value.kind === 'string') {
    flags.precision = undefined;
    return formatText(value.text, 's', flags) ?? '';
  }
  if (value.kind === 'bool') return String(value.flag);
  return general(toText(value.number));
}

/** The shortest digits, with an exponent for small and large numbers, as Go prints its big floats. */
function general(text: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const exponent = digits.length - fraction.length - 1;
  if (significant === '' || (exponent >= -4 && exponent < 6)) return text;
  const tail = significant.length > 1 ? `.${significant.slice(1)}` : '';
  return `${sign}${significant.charAt(0)}${tail}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function padJson(json: string, flags: Flags): string {
  return flags.with({ zero: false }, () => flags.pad(json));
}

function formatAs(value: Value, verb: string, flags: Flags): string | undefined {
  if (value.kind === 'bool') return String(value.flag);
  if (value.kind === 'string') return formatText(value.text, verb, flags);
  if (value.kind !== 'number') return undefined;
  if (!'bdoxX'.includes(verb)) return formatFloatValue(toDouble(value.number), verb, flags);
  return isInteger(value.number) ? formatInt(truncate(value.number), verb, flags) : undefined;
}

function formatList(args: readonly Value[]): Value {
  let length: number | undefined;
  args.forEach((one, index) => {
    if (index === 0 || one.kind !== 'sequence') return;
    if (length !== undefined && one.items.length !== length)
      throw new FunctionError(`the lists have different lengths: ${length} and ${one.items.length}`, index);
    length = one.items.length;
  });
  const rows = Array.from({ length: length ?? 1 }, (_, row) =>
    args.map(one => (one.kind === 'sequence' ? (one.items[row] ?? one) : one)),
  );
  return list(
    STRING,
    rows.map(row => string(sprintf(row))),
  );
}

export const formatFunctions: Readonly<Record<string, HclFunction>> = {
  format: defineVariadic([text('format')], any('args', { nullable: true }), STRING, args => string(sprintf(args))),
  formatlist: defineVariadic([text('format')], any('args', { nullable: true }), listOf(STRING), formatList),
};
