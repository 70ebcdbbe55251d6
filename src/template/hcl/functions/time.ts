import { parseDuration } from '../../../sdk/duration.ts';
import { formatGoTime } from '../../interpolate/functions/go-time.ts';
import { formatStrftime } from '../../interpolate/functions/strftime.ts';
import { NUMBER, objectOf, STRING, type Type } from '../values/types.ts';
import { object, string, type Value, whole } from '../values/value.ts';
import type { FunctionContext } from './context.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { define, num, text, textAt, wholeAt } from './define.ts';
import { formatDate } from './format-date.ts';
import { isoWeek, localParts, type Moment, parseMoment, showMoment } from './moment.ts';

function momentAt(args: readonly Value[], index: number): Moment {
  const given = textAt(args, index);
  const moment = parseMoment(given);
  if (!moment)
    throw new FunctionError(`"${given}" is not a timestamp`, index, 'write one such as 2026-01-31T13:45:00Z');
  return moment;
}

const NUMBERS = [
  'year',
  'year_day',
  'day',
  'month',
  'weekday',
  'hour',
  'minute',
  'second',
  'iso_year',
  'iso_week',
] as const;

function partsType(last: readonly [string, Type]): Type {
  return objectOf([
    ...NUMBERS.map((name): [string, Type] => [name, NUMBER]),
    ['month_name', STRING],
    ['weekday_name', STRING],
    last,
  ]);
}

function partsOf(moment: Moment, last: [string, Value]): Value {
  const parts = localParts(moment);
  const week = isoWeek(moment);
  const numbers = { ...parts, iso_year: week.year, iso_week: week.week };
  const entries = NUMBERS.map((name): [string, Value] => [name, whole(numbers[name])]);
  return object([
    ...entries,
    ['month_name', string(parts.monthName)],
    ['weekday_name', string(parts.weekdayName)],
    last,
  ]);
}

function addTime(args: readonly Value[]): Value {
  const moment = momentAt(args, 0);
  const duration = parseDuration(textAt(args, 1));
  if (duration === undefined)
    throw new FunctionError(`"${textAt(args, 1)}" is not a duration`, 1, 'write one such as 90s, 1h30m or -24h');
  const milliseconds = moment.milliseconds + duration;
  if (Math.abs(milliseconds) > 8.64e15) throw new FunctionError('the result lies too far away', 1);
  return string(showMoment({ ...moment, milliseconds }));
}

function fromUnix(args: readonly Value[]): Value {
  const seconds = wholeAt(args, 0);
  if (Math.abs(seconds) > 8.64e12) throw new FunctionError('the number lies too far away', 0);
  const moment = { milliseconds: seconds * 1000, offset: 0 };
  return partsOf(moment, ['rfc3339', string(showMoment(moment))]);
}

export function timeFunctions({ startedAt }: FunctionContext): Readonly<Record<string, HclFunction>> {
  const start = (): string => showMoment({ milliseconds: startedAt.getTime(), offset: 0 });
  return {
    formatdate: define([text('format'), text('timestamp')], STRING, args =>
      string(formatDate(textAt(args, 0), momentAt(args, 1))),
    ),
    legacy_isotime: define([text('layout', { optional: true })], STRING, args =>
      string(args.length > 0 ? formatGoTime(startedAt, textAt(args, 0)) : start()),
    ),
    legacy_strftime: define([text('format', { optional: true })], STRING, args =>
      string(args.length > 0 ? formatStrftime(startedAt, textAt(args, 0)) : start()),
    ),
    rfc3339_parse: define([text('timestamp')], partsType(['unix', NUMBER]), args => {
      const moment = momentAt([string(textAt(args, 0).replace(/^(.{10}) /, '$1T'))], 0);
      return partsOf(moment, ['unix', whole(Math.floor(moment.milliseconds / 1000))]);
    }),
    timestamp: define([], STRING, () => string(showMoment({ milliseconds: Date.now(), offset: 0 }))),
    timeadd: define([text('timestamp'), text('duration')], STRING, addTime),
    unix_timestamp_parse: define([num('unix_timestamp')], partsType(['rfc3339', STRING]), fromUnix),
  };
}
