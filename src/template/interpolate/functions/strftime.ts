import { padded, UtcTime } from './go-time.ts';

/** The codes that Packer's strftime knows; all others stay as written. */
const CODES: Readonly<Record<string, (time: UtcTime) => string>> = {
  A: t => t.dayName,
  a: t => t.dayName.slice(0, 3),
  B: t => t.monthName,
  b: t => t.monthName.slice(0, 3),
  d: t => padded(t.day, 2),
  H: t => padded(t.hour, 2),
  I: t => padded(t.hour12, 2),
  L: t => `.${padded(t.millisecond, 3)}`,
  M: t => padded(t.minute, 2),
  m: t => padded(t.month, 2),
  p: t => (t.hour < 12 ? 'AM' : 'PM'),
  S: t => padded(t.second, 2),
  Y: t => padded(t.year, 4),
  y: t => padded(t.year % 100, 2),
  Z: () => 'UTC',
  z: () => '+0000',
  '%': () => '%',
};

/** An instant in strftime notation, in UTC. */
export function formatStrftime(date: Date, format: string): string {
  const time = new UtcTime(date);
  return format.replace(/%([\s\S])/g, (code, letter: string) => CODES[letter]?.(time) ?? code);
}
