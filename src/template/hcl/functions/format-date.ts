import { FunctionError } from './contract.ts';
import { localParts, type Moment, showOffset } from './moment.ts';

type Parts = ReturnType<typeof localParts>;
const two = (value: number): string => String(value).padStart(2, '0');

const TOKENS: Readonly<Record<string, (parts: Parts, offset: number) => string>> = {
  YYYY: p => String(p.year).padStart(4, '0'),
  YY: p => two(p.year % 100),
  MMMM: p => p.monthName,
  MMM: p => p.monthName.slice(0, 3),
  MM: p => two(p.month),
  M: p => String(p.month),
  DD: p => two(p.day),
  D: p => String(p.day),
  EEEE: p => p.weekdayName,
  EEE: p => p.weekdayName.slice(0, 3),
  hh: p => two(p.hour),
  h: p => String(p.hour),
  HH: p => two(p.hour % 12 || 12),
  H: p => String(p.hour % 12 || 12),
  AA: p => (p.hour < 12 ? 'AM' : 'PM'),
  aa: p => (p.hour < 12 ? 'am' : 'pm'),
  mm: p => two(p.minute),
  m: p => String(p.minute),
  ss: p => two(p.second),
  s: p => String(p.second),
  ZZZZZ: (_, offset) => showOffset(offset),
  ZZZZ: (_, offset) => showOffset(offset, ''),
  ZZZ: (_, offset) => (offset === 0 ? 'UTC' : showOffset(offset, '')),
  Z: (_, offset) => (offset === 0 ? 'Z' : showOffset(offset)),
};

const ADVICE = 'the codes are YYYY YY MMMM MMM MM M DD D EEEE EEE hh h HH H AA aa mm m ss s ZZZZZ ZZZZ ZZZ Z';

/** A moment in the notation of formatdate: runs of one letter are codes, text in single quotes stands for itself. */
export function formatDate(format: string, moment: Moment): string {
  const parts = localParts(moment);
  return format.replace(
    /'((?:[^']|'')*)('?)|([A-Za-z])\3*/g,
    (whole: string, quoted: string | undefined, end: string) => {
      if (quoted !== undefined) {
        if (end !== "'")
          throw new FunctionError("the text opened with ' is not closed", 0, "write '' for an apostrophe");
        return quoted.replaceAll("''", "'");
      }
      const token = TOKENS[whole];
      if (!token)
        throw new FunctionError(
          `"${whole}" is not a code for a part of a date`,
          0,
          `${ADVICE}; put text in single quotes`,
        );
      return token(parts, moment.offset);
    },
  );
}
