import { toLower, toUpper } from '../../letter-case.ts';
import { BOOL, listOf, STRING } from '../values/types.ts';
import { bool, list, string, type Value } from '../values/value.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { define, defineVariadic, itemsAt, num, of, text, textAt, wholeAt } from './define.ts';

let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for single characters. */
export function graphemes(value: string): string[] {
  if (/^[\x20-\x7e\t\n]*$/.test(value)) return [...value];
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(value), one => one.segment);
}

const one = (change: (given: string) => string, name = 'str'): HclFunction =>
  define([text(name)], STRING, args => string(change(textAt(args, 0))));
const two = (change: (given: string, other: string) => string, name: string): HclFunction =>
  define([text('str'), text(name)], STRING, args => string(change(textAt(args, 0), textAt(args, 1))));
const test = (check: (given: string, other: string) => boolean, name: string): HclFunction =>
  define([text('str'), text(name)], BOOL, args => bool(check(textAt(args, 0), textAt(args, 1))));

/** Go's unicode.IsSpace, which takes U+0085 for a blank and U+FEFF not. */
const BLANK = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const BLANKS_AROUND = new RegExp(`^${BLANK}+|${BLANK}+$`, 'g');

function trimCharacters(given: string, cutset: string): string {
  const characters = [...given];
  const unwanted = new Set(cutset);
  let start = 0;
  let end = characters.length;
  while (start < end && unwanted.has(characters[start] ?? '')) start++;
  while (end > start && unwanted.has(characters[end - 1] ?? '')) end--;
  return characters.slice(start, end).join('');
}

function join(args: readonly Value[]): Value {
  if (args.length < 2) throw new FunctionError('a list is missing after the separator');
  const parts: string[] = [];
  args.slice(1).forEach((_, at) => {
    itemsAt(args, at + 1).forEach((item, index) => {
      if (item.kind !== 'string') throw new FunctionError(`element ${index} of the list is null`, at + 1);
      parts.push(item.text);
    });
  });
  return string(parts.join(textAt(args, 0)));
}

function substring(args: readonly Value[]): Value {
  const characters = graphemes(textAt(args, 0));
  const offset = wholeAt(args, 1);
  const length = wholeAt(args, 2);
  const start = offset < 0 ? Math.max(0, characters.length + offset) : offset;
  const end = length < 0 ? characters.length : start + length;
  return string(characters.slice(start, end).join(''));
}

function indent(args: readonly Value[]): Value {
  const width = wholeAt(args, 0);
  if (width < 0 || width > 10_000) throw new FunctionError('the number of blanks must lie between 0 and 10000', 0);
  return string(textAt(args, 1).replaceAll('\n', `\n${' '.repeat(width)}`));
}

function split(args: readonly Value[]): Value {
  const [separator, given] = [textAt(args, 0), textAt(args, 1)];
  const parts = separator === '' ? [...given] : given.split(separator);
  return list(STRING, parts.map(string));
}

/** The empty text is found before, between and behind all characters. */
function replaceAll(given: string, part: string, by: string): string {
  return part === '' ? ['', ...given, ''].join(by) : given.split(part).join(by);
}

/** A letter at the start, after a blank, or after an ASCII sign other than "_" becomes a capital. */
function titleCase(given: string): string {
  return given.replace(
    /(^|[\x00-/:-@[-^`{-\x7f]|\p{White_Space})(\p{L})/gu,
    (_, before: string, letter: string) => before + toUpper(letter),
  );
}

export const textFunctions: Readonly<Record<string, HclFunction>> = {
  chomp: one(given => given.replace(/(?:\r\n?|\n)+$/, '')),
  endswith: test((given, suffix) => given.endsWith(suffix), 'suffix'),
  indent: define([num('spaces'), text('str')], STRING, indent),
  join: defineVariadic([text('separator')], of('lists', listOf(STRING)), STRING, join),
  lower: one(toLower),
  replace: define([text('str'), text('substr'), text('replace')], STRING, args =>
    string(replaceAll(textAt(args, 0), textAt(args, 1), textAt(args, 2))),
  ),
  split: define([text('separator'), text('str')], listOf(STRING), split),
  startswith: test((given, prefix) => given.startsWith(prefix), 'prefix'),
  strcontains: test((given, part) => given.includes(part), 'substr'),
  strrev: one(given => graphemes(given).reverse().join('')),
  substr: define([text('str'), num('offset'), num('length')], STRING, substring),
  title: one(titleCase),
  trim: two(trimCharacters, 'cutset'),
  trimprefix: two((given, prefix) => (given.startsWith(prefix) ? given.slice(prefix.length) : given), 'prefix'),
  trimspace: one(given => given.replace(BLANKS_AROUND, '')),
  trimsuffix: two(
    (given, suffix) => (suffix !== '' && given.endsWith(suffix) ? given.slice(0, -suffix.length) : given),
    'suffix',
  ),
  upper: one(toUpper),
};
