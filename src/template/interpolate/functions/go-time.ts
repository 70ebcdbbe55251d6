const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The parts of an instant in UTC. */
export class UtcTime {
  readonly #date: Date;

  constructor(date: Date) {
    this.#date = date;
  }

  get year(): number {
    return this.#date.getUTCFullYear();
  }
  get month(): number {
    return this.#date.getUTCMonth() + 1;
  }
  get monthName(): string {
    return MONTHS[this.#date.getUTCMonth()] ?? '';
  }
  get dayName(): string {
    return DAYS[this.#date.getUTCDay()] ?? '';
  }
  get day(): number {
    return this.#date.getUTCDate();
  }
  get dayOfYear(): number {
    return Math.floor((Date.UTC(this.year, this.month - 1, this.day) - Date.UTC(this.year, 0, 1)) / 86_400_000) + 1;
  }
  get hour(): number {
    return this.#date.getUTCHours();
  }
  /** 1 to 12. */
  get hour12(): number {
    return this.hour % 12 || 12;
  }
  get minute(): number {
    return this.#date.getUTCMinutes();
  }
  get second(): number {
    return this.#date.getUTCSeconds();
  }
  get millisecond(): number {
    return this.#date.getUTCMilliseconds();
  }
}

/** A number with leading zeros (or another filler). */
export function padded(value: number, width: number, filler = '0'): string {
  return String(value).padStart(width, filler);
}

/** Reference-time tokens of Go layouts, longest first where one begins another. Source: Go's package time. */
const TOKENS: readonly (readonly [token: string, print: (time: UtcTime) => string])[] = [
  ['January', t => t.monthName],
  ['Jan', t => t.monthName.slice(0, 3)],
  ['Monday', t => t.dayName],
  ['Mon', t => t.dayName.slice(0, 3)],
  ['MST', () => 'UTC'],
  ['002', t => padded(t.dayOfYear, 3)],
  ['01', t => padded(t.month, 2)],
  ['02', t => padded(t.day, 2)],
  ['03', t => padded(t.hour12, 2)],
  ['04', t => padded(t.minute, 2)],
  ['05', t => padded(t.second, 2)],
  ['06', t => padded(t.year % 100, 2)],
  ['15', t => padded(t.hour, 2)],
  ['1', t => String(t.month)],
  ['2006', t => padded(t.year, 4)],
  ['2', t => String(t.day)],
  ['__2', t => padded(t.dayOfYear, 3, ' ')],
  // An underscore before a year is just that.
  ['_2006', t => `_${padded(t.year, 4)}`],
  ['_2', t => padded(t.day, 2, ' ')],
  ['3', t => String(t.hour12)],
  ['4', t => String(t.minute)],
  ['5', t => String(t.second)],
  ['PM', t => (t.hour < 12 ? 'AM' : 'PM')],
  ['pm', t => (t.hour < 12 ? 'am' : 'pm')],
  ['-07:00:00', () => '+00:00:00'],
  ['-070000', () => '+000000'],
  ['-07:00', () => '+00:00'],
  ['-0700', () => '+0000'],
  ['-07', () => '+00'],
  ['Z07:00:00', () => 'Z'],
  ['Z070000', () => 'Z'],
  ['Z07:00', () => 'Z'],
  ['Z0700', () => 'Z'],
  ['Z07', () => 'Z'],
];

const BY_FIRST = new Map<string, (typeof TOKENS)[number][]>();
for (const entry of TOKENS) {
  const first = entry[0].slice(0, 1);
  BY_FIRST.set(first, [...(BY_FIRST.get(first) ?? []), entry]);
}

/** Abbreviated names count only where no lower-case letter follows, so that "Janet" and "Month" stay words. */
function isToken(token: string, layout: string, at: number): boolean {
  if (!layout.startsWith(token, at)) return false;
  return !['Jan', 'Mon'].includes(token) || !/[a-z]/.test(layout[at + token.length] ?? '');
}

/** `.000` or `,999`: as many digits as written, the nines without trailing zeros. Undefined when it is none. */
function fraction(layout: string, at: number, time: UtcTime): { text: string; length: number } | undefined {
  const match = /[.,](0+|9+)(?![0-9])/y;
  match.lastIndex = at;
  const digits = match.exec(layout)?.[1];
  if (digits === undefined) return undefined;
  const exact = padded(time.millisecond, 3).padEnd(9, '0').padEnd(digits.length, '0').slice(0, digits.length);
  const shown = digits[0] === '9' ? exact.replace(/0+$/, '') : exact;
  return { text: shown === '' ? '' : `${layout[at]}${shown}`, length: digits.length + 1 };
}

/** An instant in a Go reference-time layout (`2006-01-02T15:04:05Z07:00`), in UTC. */
export function formatGoTime(date: Date, layout: string): string {
  const time = new UtcTime(date);
  let text = '';
  for (let at = 0; at < layout.length; ) {
    const char = layout.charAt(at);
    const part = char === '.' || char === ',' ? fraction(layout, at, time) : undefined;
    const token = BY_FIRST.get(char)?.find(([name]) => isToken(name, layout, at));
    text += part?.text ?? token?.[1](time) ?? char;
    at += part?.length ?? token?.[0].length ?? 1;
  }
  return text;
}
