import { toBytes } from '../bytes.ts';
import type { ComplexValue } from '../values.ts';
import { type Flags, truncate } from './flags.ts';
import { formatFloat } from './floats.ts';
import { canBackquote, isPrintable, quoteRune, quoteText, runeText } from './quote.ts';

/** Each function gives the formatted value, or undefined when the verb does not fit its kind. */

export function formatBool(value: boolean, verb: string, flags: Flags): string | undefined {
  return verb === 't' || verb === 'v' ? flags.pad(String(value)) : undefined;
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

export function formatInt(value: bigint, verb: string, flags: Flags): string | undefined {
  if (verb === 'c') return flags.pad(runeText(BigInt.asUintN(64, value)));
  if (verb === 'q') return flags.pad(quoteRune(BigInt.asUintN(64, value), flags.plus));
  if (verb === 'U') return unicode(BigInt.asUintN(64, value), flags);
  const base = BASES[verb];
  if (base === undefined) return undefined;
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  if (flags.precision === 0 && value === 0n) return flags.with({ zero: false }, () => flags.fill('', flags.width ?? 0));
  let least = flags.precision ?? 0;
  if (flags.precision === undefined && flags.zero && !flags.minus && flags.width !== undefined)
    least = flags.width - (negative || flags.plus || flags.space ? 1 : 0);
  digits = digits.padStart(least, '0');
  if (flags.sharp && base === 2) digits = `0b${digits}`;
  if (flags.sharp && base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
  if (flags.sharp && base === 16) digits = `0${verb === 'X' ? 'X' : 'x'}${digits}`;
  if (verb === 'O') digits = `0o${digits}`;
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  return flags.with({ zero: false }, () => flags.pad(sign + digits));
}

function unicode(code: bigint, flags: Flags): string {
  const digits = code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), '0');
  const char = runeText(code);
  const shown = flags.sharp && code <= 0x10ffffn && isPrintable(char) ? ` '${char}'` : '';
  return flags.with({ zero: false }, () => flags.pad(`U+${digits}${shown}`));
}

export function formatText(value: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return flags.sharpV ? quoted(value, flags) : flags.pad(truncate(value, flags));
    case 's':
      return flags.pad(truncate(value, flags));
    case 'q':
      return quoted(value, flags);
    case 'x':
    case 'X':
      return hexText(value, verb, flags);
    default:
      return undefined;
  }
}

function quoted(value: string, flags: Flags): string {
  const text = truncate(value, flags);
  return flags.pad(flags.sharp && canBackquote(text) ? `\`${text}\`` : quoteText(text, flags.plus));
}

function hexText(value: string, verb: string, flags: Flags): string {
  const bytes = toBytes(value).subarray(0, flags.precision);
  const prefix = flags.sharp && bytes.length > 0 ? `0${verb}` : '';
  const digits = Buffer.from(bytes).toString('hex');
  const plain = flags.space ? digits.replace(/..(?=.)/g, pair => `${pair} ${prefix}`) : digits;
  const upper = verb === 'X' ? plain.toUpperCase() : plain;
  return flags.fill(prefix + upper, (flags.width ?? 0) - prefix.length - upper.length);
}

const FLOAT_VERBS: Readonly<Record<string, readonly [verb: string, precision: number]>> = {
  v: ['g', -1],
  b: ['b', -1],
  g: ['g', -1],
  G: ['G', -1],
  x: ['x', -1],
  X: ['X', -1],
  f: ['f', 6],
  F: ['f', 6],
  e: ['e', 6],
  E: ['E', 6],
};

export function formatFloatValue(value: number, verb: string, flags: Flags): string | undefined {
  const known = FLOAT_VERBS[verb];
  if (!known) return undefined;
  const [form, standard] = known;
  const precision = flags.precision ?? standard;
  let text = formatFloat(value, form, precision);
  let sign = /^[+-]/.test(text) ? text.slice(0, 1) : '+';
  text = text.replace(/^[+-]/, '');
  if (flags.space && sign === '+' && !flags.plus) sign = ' ';
  if (text === 'Inf' || text === 'NaN') {
    // An infinity always shows its sign, a NaN only when asked to.
    const signed = text === 'Inf' || flags.space || flags.plus;
    return flags.with({ zero: false }, () => flags.pad((signed ? sign : '') + text));
  }
  if (flags.sharp && form !== 'b') text = withPoint(text, form, precision);
  if (!flags.plus && sign === '+') return flags.pad(text);
  const missing = (flags.width ?? 0) - text.length - 1;
  if (flags.zero && !flags.minus && missing > 0) return sign + '0'.repeat(missing) + text;
  return flags.pad(sign + text);
}

/** %#g and its kin: always a decimal point, trailing zeros kept. */
function withPoint(text: string, form: string, precision: number): string {
  const tailAt = form === 'x' || form === 'X' ? text.search(/[pP]/) : text.search(/[eE]/);
  const tail = tailAt < 0 ? '' : text.slice(tailAt);
  let body = tailAt < 0 ? text : text.slice(0, tailAt);
  let wanted = !['g', 'G', 'x'].includes(form) ? 0 : precision === -1 ? 6 : precision;
  let significant = false;
  for (const char of body) {
    if (char === '.') continue;
    if (char !== '0') significant = true;
    if (significant) wanted--;
  }
  if (!body.includes('.')) {
    if (body === '0') wanted--;
    body += '.';
  }
  return body + '0'.repeat(Math.max(wanted, 0)) + tail;
}

export function formatComplex(value: ComplexValue, verb: string, flags: Flags): string | undefined {
  const re = formatFloatValue(value.re, verb, flags);
  const im = flags.with({ plus: true }, () => formatFloatValue(value.im, verb, flags));
  return re === undefined || im === undefined ? undefined : `(${re}${im}i)`;
}
