/** A finite positive decimal: 0.DIGITS times ten to the `point`; no digits for zero. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

const view = new DataView(new ArrayBuffer(8));

/** Mantissa and binary exponent: value = mantissa * 2 ** exponent, exactly. */
function split(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}

/** The fewest digits that give the same double again. */
function shortest(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

/** All digits of the double's exact value. */
function exact(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const { mantissa, exponent } = split(value);
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = scaled.toString();
  return { digits: trimZeros(text), point: text.length + Math.min(exponent, 0) };
}

/** Rounded to `count` digits, halves to even. */
function rounded(decimal: Decimal, count: number): Decimal {
  if (count >= decimal.digits.length) return decimal;
  if (count < 0) return { digits: '', point: 0 };
  const kept = decimal.digits.slice(0, count);
  const rest = decimal.digits.slice(count);
  const half = rest[0] === '5' && /^50*$/.test(rest);
  const up = half ? count > 0 && Number(kept[count - 1]) % 2 === 1 : (rest[0] ?? '0') >= '5';
  if (!up) return { digits: trimZeros(kept), point: kept === '' ? 0 : decimal.point };
  const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString().padStart(count, '0');
  return { digits: trimZeros(raised), point: decimal.point + raised.length - count };
}

function scientific({ digits, point }: Decimal, places: number, letter: string): string {
  const exponent = digits === '' ? 0 : point - 1;
  const fraction = places > 0 ? `.${digits.slice(1, places + 1).padEnd(places, '0')}` : '';
  const power = Math.abs(exponent).toString().padStart(2, '0');
  return `${digits[0] ?? '0'}${fraction}${letter}${exponent < 0 ? '-' : '+'}${power}`;
}

function plain({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (places <= 0) return whole;
  const fraction = (point < 0 ? '0'.repeat(Math.min(-point, places)) + digits : digits.slice(Math.max(point, 0))).slice(
    0,
    places,
  );
  return `${whole}.${fraction.padEnd(places, '0')}`;
}

/** %x: hexadecimal mantissa, binary exponent. */
function hexadecimal(value: number, precision: number, upper: boolean): string {
  let { mantissa, exponent } = value === 0 ? { mantissa: 0n, exponent: 0 } : split(value);
  if (mantissa !== 0n) {
    const shift = 53 - mantissa.toString(2).length;
    mantissa <<= BigInt(shift);
    exponent += 52 - shift;
  }
  let width = 13;
  if (precision >= 0 && precision < 13) {
    const drop = BigInt(4 * (13 - precision));
    const half = 1n << (drop - 1n);
    const rest = mantissa & ((1n << drop) - 1n);
    mantissa >>= drop;
    if (rest > half || (rest === half && mantissa % 2n === 1n)) mantissa += 1n;
    width = precision;
    if (mantissa >> BigInt(4 * width + 1)) {
      mantissa >>= 1n;
      exponent += 1;
    }
  }
  const lead = mantissa >> BigInt(4 * width);
  let fraction = width === 0 ? '' : (mantissa & ((1n << BigInt(4 * width)) - 1n)).toString(16).padStart(width, '0');
  fraction = precision < 0 ? trimZeros(fraction) : fraction.padEnd(precision, '0');
  const power = `${exponent < 0 ? '-' : '+'}${Math.abs(exponent).toString().padStart(2, '0')}`;
  const text = `0x${lead}${fraction === '' ? '' : `.${fraction}`}p${power}`;
  return upper ? text.toUpperCase() : text;
}

function magnitude(value: number, verb: string, precision: number): string {
  switch (verb) {
    case 'b': {
      const { mantissa, exponent } = split(value);
      return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
    }
    case 'x':
    case 'X':
      return hexadecimal(value, precision, verb === 'X');
    case 'f': {
      const decimal = precision < 0 ? shortest(value) : exact(value);
      const places = precision < 0 ? Math.max(decimal.digits.length - decimal.point, 0) : precision;
      return plain(rounded(decimal, decimal.point + places), places);
    }
    case 'e':
    case 'E': {
      const decimal = precision < 0 ? shortest(value) : rounded(exact(value), precision + 1);
      return scientific(decimal, precision < 0 ? Math.max(decimal.digits.length - 1, 0) : precision, verb);
    }
    default:
      return general(value, verb === 'G' ? 'E' : 'e', precision);
  }
}

/** %g: scientific for large and small exponents, without trailing zeros. */
function general(value: number, letter: string, precision: number): string {
  const wanted = precision === 0 ? 1 : precision;
  const decimal = precision < 0 ? shortest(value) : rounded(exact(value), wanted);
  const count = decimal.digits.length;
  let limit = precision < 0 ? 6 : wanted;
  if (limit > count && count >= decimal.point) limit = count;
  if (precision < 0) limit = 6;
  const exponent = decimal.point - 1;
  if (count > 0 && (exponent < -4 || exponent >= limit)) return scientific(decimal, Math.max(count - 1, 0), letter);
  if (count === 0 && limit <= -1) return '0';
  return plain(decimal, Math.max(count - decimal.point, 0));
}

/** strconv.FormatFloat for doubles: verbs b e E f g G x X; precision -1 is the shortest exact form. */
export function formatFloat(value: number, verb: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const negative = value < 0 || Object.is(value, -0);
  const size = Math.abs(value);
  const text = size === Number.POSITIVE_INFINITY ? 'Inf' : magnitude(size, verb, precision);
  return `${negative ? '-' : size === Number.POSITIVE_INFINITY ? '+' : ''}${text}`;
}
