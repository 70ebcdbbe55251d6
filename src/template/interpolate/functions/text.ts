import { toLower, toUpper } from '../../letter-case.ts';
import { toBytes } from '../bytes.ts';
import { CallFault, shorten } from '../faults.ts';
import type { TemplateFunction } from '../functions.ts';
import type { Budget } from '../limits.ts';
import type { Value } from '../values.ts';

/** An argument that the evaluator has checked to be a string. */
export function textOf(value: Value): string {
  return typeof value === 'string' ? value : '';
}

function countOccurrences(text: string, part: string, limit: number): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0 && count < limit; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

/** Go's strings.Replace: the first `limit` occurrences, all when negative; an empty `part` stands between all characters. */
function replace(part: string, by: string, limit: bigint, text: string, budget: Budget): string {
  const most = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit);
  if (part === '') {
    const chars = [...text];
    const gaps = Math.min(most, chars.length + 1);
    budget.handle(text.length + gaps * by.length);
    const pieces = chars.map((char, index) => (index < gaps ? by + char : char));
    return pieces.join('') + (gaps > chars.length ? by : '');
  }
  const count = countOccurrences(text, part, most);
  budget.handle(text.length + count * (by.length - part.length));
  const pieces: string[] = [];
  let from = 0;
  for (let done = 0; done < count; done++) {
    const at = text.indexOf(part, from);
    pieces.push(text.slice(from, at), by);
    from = at + part.length;
  }
  return pieces.join('') + text.slice(from);
}

/** Characters that Amazon allows in resource names; see name-rules of the amazon builders. */
const NAME_CHAR = /[A-Za-z0-9()[\] ./\-'@_]/;

/** A name as Amazon takes it: every other byte becomes a dash. */
export function cleanResourceName(name: string): string {
  let result = '';
  for (const char of name) result += NAME_CHAR.test(char) ? char : '-'.repeat(toBytes(char).length);
  return result;
}

/** Functions on strings. */
export const textFunctions: Readonly<Record<string, TemplateFunction>> = {
  lower: { params: ['string'], call: ([text]) => toLower(textOf(text)) },
  upper: { params: ['string'], call: ([text]) => toUpper(textOf(text)) },
  replace: {
    params: ['string', 'string', 'int', 'string'],
    call: ([part, by, limit, text], { budget }) =>
      replace(textOf(part), textOf(by), typeof limit === 'bigint' ? limit : -1n, textOf(text), budget),
  },
  replace_all: {
    params: ['string', 'string', 'string'],
    call: ([part, by, text], { budget }) => replace(textOf(part), textOf(by), -1n, textOf(text), budget),
  },
  split: {
    params: ['string', 'string', 'int'],
    call: ([source, separator, index]) => {
      const text = textOf(source);
      const parts = separator === '' ? [...text] : text.split(textOf(separator));
      const part = typeof index === 'bigint' && index >= 0n ? parts[Number(index)] : undefined;
      if (part !== undefined) return part;
      throw new CallFault(
        `split has no part ${index}: separated at "${shorten(textOf(separator))}" there are ${parts.length} parts`,
        'parts are counted from 0',
      );
    },
  },
  sed: {
    params: ['string', 'string'],
    call: () => {
      throw new CallFault('sed is deprecated and no longer works', 'use replace or replace_all');
    },
  },
  clean_resource_name: { params: ['string'], call: ([name]) => cleanResourceName(textOf(name)) },
};
