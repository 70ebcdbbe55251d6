/**
 * A binary floating-point number: mantissa x 2^exponent, rounded to `precision` bits. HCL calculates with 512 bits;
 * whole numbers that come from functions carry 64, and dividing two of those gives a shorter result.
 */
export interface Num {
  /** Odd, or 0. */
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly precision: number;
}

const PRECISION = 512;
const INTEGER_PRECISION = 64;
/** Decimal exponents beyond this are refused: writing the number out would take as many digits. */
const MAX_EXPONENT = 10_000;

function bitLength(value: bigint): number {
  const digits = (value < 0n ? -value : value).toString(16);
  return (digits.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(digits.charAt(0), 16)));
}

/** Brings to normal form, rounding half to even; `inexact` says that a little more was cut off below. */
function make(mantissa: bigint, exponent: number, precision: number, inexact = false): Num {
  if (mantissa === 0n) return { mantissa: 0n, exponent: 0, precision };
  let value = mantissa < 0n ? -mantissa : mantissa;
  let power = exponent;
  const excess = bitLength(value) - precision;
  if (excess > 0) {
    const cut = BigInt(excess);
    const rest = value & ((1n << cut) - 1n);
    const half = 1n << (cut - 1n);
    value >>= cut;
    power += excess;
    if (rest > half || (rest === half && (inexact || (value & 1n) === 1n))) value += 1n;
  }
  while ((value & 0xffffffffn) === 0n) {
    value >>= 32n;
    power += 32;
  }
  while ((value & 1n) === 0n) {
    value >>= 1n;
    power++;
  }
  return { mantissa: mantissa < 0n ? -value : value, exponent: power, precision };
}

/** A whole number with the precision functions give their results. */
export function integer(value: number | bigint): Num {
  const exact = BigInt(value);
  return make(exact, 0, exact === 0n ? INTEGER_PRECISION : Math.max(INTEGER_PRECISION, bitLength(exact)));
}

/** A double, taken exactly; undefined for NaN and the infinities. */
export function fromDouble(value: number): Num | undefined {
  if (!Number.isFinite(value)) return undefined;
  const buffer = new DataView(new ArrayBuffer(8));
  buffer.setFloat64(0, value);
  const bits = buffer.getBigUint64(0);
  const power = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = power === 0 ? fraction : fraction | (1n << 52n);
  return make(value < 0 ? -mantissa : mantissa, Math.max(power, 1) - 1075, 53);
}

/** Reads a decimal number with HCL's 512 bits; undefined when it is none or beyond all use. */
export function parseNumber(text: string): Num | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const exponent = Number(power) - fraction.length;
  if (Math.abs(Number(power)) > MAX_EXPONENT || whole.length + fraction.length > MAX_EXPONENT) return undefined;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  if (exponent >= 0) return make(digits * 10n ** BigInt(exponent), 0, PRECISION);
  return divide(digits, 0, 10n ** BigInt(-exponent), 0, PRECISION);
}

function divide(a: bigint, aExponent: number, b: bigint, bExponent: number, precision: number): Num {
  if (a === 0n) return make(0n, 0, precision);
  const shift = Math.max(0, precision + 2 + bitLength(b) - bitLength(a));
  const scaled = a << BigInt(shift);
  return make(scaled / b, aExponent - bExponent - shift, precision, scaled % b !== 0n);
}

function align(a: Num, b: Num): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [a.mantissa << BigInt(a.exponent - exponent), b.mantissa << BigInt(b.exponent - exponent), exponent];
}

export function add(a: Num, b: Num): Num {
  const [x, y, exponent] = align(a, b);
  return make(x + y, exponent, Math.max(a.precision, b.precision));
}

export function negate(a: Num): Num {
  return { ...a, mantissa: -a.mantissa };
}

export function subtract(a: Num, b: Num): Num {
  return add(a, negate(b));
}

export function multiply(a: Num, b: Num): Num {
  const product = a.mantissa * b.mantissa;
  const wanted = Math.max(a.precision, b.precision);
  // The product keeps the bits it needs, up to HCL's own precision.
  const precision = Math.min(PRECISION, Math.max(wanted, product === 0n ? 0 : bitLength(product)));
  return make(product, a.exponent + b.exponent, Math.max(precision, wanted));
}

/** Undefined for a division by zero. */
export function quotient(a: Num, b: Num): Num | undefined {
  if (b.mantissa === 0n) return undefined;
  return divide(a.mantissa, a.exponent, b.mantissa, b.exponent, Math.max(a.precision, b.precision));
}

/** The remainder with the sign of the dividend; undefined for a division by zero. */
export function remainder(a: Num, b: Num): Num | undefined {
  const ratio = quotient(a, b);
  return ratio && subtract(a, multiply(b, integer(truncate(ratio))));
}

export function compare(a: Num, b: Num): number {
  const [x, y] = align(a, b);
  if (x === y) return 0;
  return x < y ? -1 : 1;
}

export function isInteger(a: Num): boolean {
  return a.exponent >= 0;
}

/** The whole part, towards zero. */
export function truncate(a: Num): bigint {
  if (a.exponent >= 0) return a.mantissa << BigInt(a.exponent);
  return a.mantissa / (1n << BigInt(-a.exponent));
}

export function floor(a: Num): bigint {
  const whole = truncate(a);
  return a.exponent < 0 && a.mantissa < 0n ? whole - 1n : whole;
}

export function ceiling(a: Num): bigint {
  return -floor(negate(a));
}

/** The nearest double. */
export function toDouble(a: Num): number {
  const bits = bitLength(a.mantissa);
  if (bits + a.exponent > 1100) return a.mantissa < 0n ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return a.exponent >= 0 ? Number(truncate(a)) : Number(toText(a));
}

/** The shortest decimal digits that give this very number back at its precision; never an exponent. */
export function toText(a: Num): string {
  const sign = a.mantissa < 0n ? '-' : '';
  const value = sign ? -a.mantissa : a.mantissa;
  if (value === 0n) return '0';
  const bits = bitLength(value);
  if (a.exponent >= 0 && bits + a.exponent <= a.precision) return sign + (value << BigInt(a.exponent)).toString();
  return sign + shortest(value, a.exponent, a.precision);
}

function shortest(value: bigint, exponent: number, precision: number): string {
  // Scale so that the lowest bit is half a unit in the last place: the neighbours' middles are value +- 1.
  const shift = precision + 1 - bitLength(value);
  const scaled = value << BigInt(shift);
  const power = exponent - shift;
  // The middle below a power of two is nearer, but Packer's language does not care either.
  const inclusive = (scaled & 2n) === 0n;
  const decimal = (mantissa: bigint): bigint =>
    power >= 0 ? mantissa << BigInt(power) : mantissa * 5n ** BigInt(-power);
  const point = power >= 0 ? 0 : -power;
  const low = decimal(scaled - 1n).toString();
  const exact = decimal(scaled).toString();
  const high = decimal(scaled + 1n).toString();
  const width = Math.max(low.length, exact.length, high.length);
  const found = roundShortest(
    low.padStart(width, '0'),
    exact.padStart(width, '0'),
    high.padStart(width, '0'),
    inclusive,
  );
  return placePoint(found.padEnd(width, '0'), width - point);
}

/** The fewest leading digits of `exact`, rounded down or up, that still lie between `low` and `high`. */
function roundShortest(low: string, exact: string, high: string, inclusive: boolean): string {
  const lowEnd = low.replace(/0+$/, '').length;
  const highEnd = high.replace(/0+$/, '').length;
  for (let index = 0; index < exact.length; index++) {
    const digit = exact.charAt(index);
    const upper = high.charAt(index);
    // Equal so far with both bounds: no digit can go yet. The comparison of prefixes is what digits alone cannot tell.
    const down = low.slice(0, index + 1) !== exact.slice(0, index + 1) || (inclusive && index + 1 >= lowEnd);
    const samePrefix = exact.slice(0, index + 1) === high.slice(0, index + 1);
    const next = increment(exact.slice(0, index + 1));
    const up =
      !samePrefix && (inclusive || next < high.slice(0, index + 1) || index + 1 < highEnd) && next.length === index + 1;
    if (!down && !up) continue;
    if (exact.slice(index + 1).replace(/0+$/, '') === '') return exact.slice(0, index + 1);
    if (down && up) return roundHalf(exact, index + 1, next);
    if (down) return exact.slice(0, index + 1);
    if (upper !== digit || up) return next;
  }
  return exact;
}

function roundHalf(exact: string, length: number, next: string): string {
  return exact.charAt(length) >= '5' ? next : exact.slice(0, length);
}

function increment(digits: string): string {
  return (BigInt(digits) + 1n).toString().padStart(digits.length, '0');
}

function placePoint(digits: string, point: number): string {
  const whole = point <= 0 ? '0' : digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const fraction = (point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point)).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
