/** An instant and the offset from UTC, in minutes, in which it was written. */
export interface Moment {
  readonly milliseconds: number;
  readonly offset: number;
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Reads an RFC 3339 timestamp; undefined when it is none or names a day that does not exist. */
export function parseMoment(given: string): Moment | undefined {
  const match = TIMESTAMP.exec(given);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const fraction = Number(`0.${match[7] ?? '0'}`) * 1000;
  const [hours, minutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59 || hours > 23 || minutes > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (hours * 60 + minutes) * (match[8] === '-' ? -1 : 1);
  const local = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(fraction);
  return { milliseconds: local - offset * 60_000, offset };
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** The offset as `+05:30`, with another or no separator if wanted. */
export function showOffset(offset: number, separator = ':'): string {
  const size = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${separator}${pad(size % 60)}`;
}

/** RFC 3339 in whole seconds, in the moment's own offset. */
export function showMoment(moment: Moment): string {
  const { year, month, day, hour, minute, second } = localParts(moment);
  const zone = moment.offset === 0 ? 'Z' : showOffset(moment.offset);
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}${zone}`;
}

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
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Calendar and clock in the moment's own offset. */
export function localParts({ milliseconds, offset }: Moment) {
  const date = new Date(milliseconds + offset * 60_000);
  const year = date.getUTCFullYear();
  const start = new Date(0);
  start.setUTCFullYear(year, 0, 1);
  return {
    year,
    month: date.getUTCMonth() + 1,
    monthName: MONTHS[date.getUTCMonth()] ?? '',
    day: date.getUTCDate(),
    year_day: Math.floor((date.getTime() - start.getTime()) / 86_400_000) + 1,
    weekday: date.getUTCDay(),
    weekdayName: WEEKDAYS[date.getUTCDay()] ?? '',
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** The week of ISO 8601: that of the Thursday next to the day. */
export function isoWeek(moment: Moment): { year: number; week: number } {
  const { weekday } = localParts(moment);
  const thursday = localParts({ ...moment, milliseconds: moment.milliseconds + (4 - (weekday || 7)) * 86_400_000 });
  return { year: thursday.year, week: Math.floor((thursday.year_day - 1) / 7) + 1 };
}
