import { secretForms } from './forms.ts';

/** What stands in place of a sensitive value in all output. */
export const MASK = '<sensitive>';

/** Forms are found by this many first characters; shorter ones by all they have. */
const KEY = 3;

/** A half-open range of UTF-16 offsets. */
export type Range = readonly [start: number, end: number];

/** Finds all of many texts in one pass, however they overlap; quick where none begins, which is nearly everywhere. */
class FormIndex {
  /** By their first characters; long ones first. */
  readonly #forms = new Map<string, string[]>();
  /** Lengths of the keys there are, falling. */
  readonly #lengths: readonly number[];
  /** Whether a form may begin with two characters of these low bytes. */
  readonly #begins = new Uint8Array(1 << 16);

  constructor(forms: Iterable<string>) {
    const lengths = new Set<number>();
    for (const form of forms) {
      const key = form.slice(0, KEY);
      lengths.add(key.length);
      const same = this.#forms.get(key);
      if (same) same.push(form);
      else this.#forms.set(key, [form]);
      const first = (form.charCodeAt(0) & 0xff) << 8;
      if (form.length === 1) this.#begins.fill(1, first, first + 256);
      else this.#begins[first | (form.charCodeAt(1) & 0xff)] = 1;
    }
    for (const same of this.#forms.values()) same.sort((a, b) => b.length - a.length);
    this.#lengths = [...lengths].sort((a, b) => b - a);
  }

  /** Half-open ranges of all occurrences; overlapping ones joined, in order. */
  ranges(text: string): Range[] {
    const found: [start: number, end: number][] = [];
    let last: [start: number, end: number] = [0, 0];
    for (let at = 0; at < text.length; at++) {
      if (this.#begins[((text.charCodeAt(at) & 0xff) << 8) | (text.charCodeAt(at + 1) & 0xff)] === 0) continue;
      const end = this.#endOfLongest(text, at, last[1]);
      if (end === undefined) continue;
      if (at < last[1]) last[1] = end;
      else {
        last = [at, end];
        found.push(last);
      }
    }
    return found;
  }

  /** Where the longest form ends that begins at an offset, if that is behind `reach`: what ends before is found already. */
  #endOfLongest(text: string, at: number, reach: number): number | undefined {
    for (const length of this.#lengths) {
      for (const form of this.#forms.get(text.slice(at, at + length)) ?? []) {
        if (at + form.length <= reach) break;
        if (text.startsWith(form, at)) return at + form.length;
      }
    }
    return undefined;
  }
}

/**
 * A function that finds every occurrence of the secret values, in any form a program may print them in (`secretForms`):
 * ranges in order, overlapping ones joined. One pass over the text, whatever the number of values; empty values are
 * ignored. A value that is split over two calls is not seen.
 */
export function createFinder(values: Iterable<string>): (text: string) => readonly Range[] {
  const forms = new Set<string>();
  for (const value of values) for (const form of secretForms(value)) forms.add(form);
  if (forms.size === 0) return () => [];
  const index = new FormIndex(forms);
  return text => index.ranges(text);
}

/** The text with `<sensitive>` in place of each of the ranges. */
export function maskRanges(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let result = '';
  let from = 0;
  for (const [start, end] of ranges) {
    result += text.slice(from, start) + MASK;
    from = end;
  }
  return result + text.slice(from);
}

/** A function that replaces every occurrence of the secret values (`createFinder`) by `<sensitive>`. */
export function createMasker(values: Iterable<string>): (text: string) => string {
  const find = createFinder(values);
  return text => maskRanges(text, find(text));
}
