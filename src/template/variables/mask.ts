import { secretForms } from './forms.ts';

/** What stands in place of a sensitive value in all output. */
export const MASK = '<sensitive>';

/** Key of the step from a state by a character; states stay far below 2 ** 36. */
function step(state: number, char: number): number {
  return state * 65_536 + char;
}

/** Aho-Corasick automaton: finds all of many texts in one pass, however they overlap. */
class Automaton {
  readonly #steps = new Map<number, number>();
  readonly #fallback: number[] = [0];
  /** Length of the longest text that ends in a state; 0 for none. */
  readonly #longest: number[] = [0];
  /** Whether a text begins with a character of this low byte; a quick no for most output. */
  readonly #begins = new Uint8Array(256);

  constructor(texts: readonly string[]) {
    const level: [state: number, parent: number, char: number][] = [];
    for (const text of texts) {
      let state = 0;
      for (let index = 0; index < text.length; index++) {
        const char = text.charCodeAt(index);
        let next = this.#steps.get(step(state, char));
        if (next === undefined) {
          next = this.#fallback.length;
          this.#steps.set(step(state, char), next);
          this.#fallback.push(0);
          this.#longest.push(0);
          level.push([next, state, char]);
        }
        state = next;
      }
      this.#longest[state] = text.length;
      this.#begins[text.charCodeAt(0) & 0xff] = 1;
    }
    this.#link(level);
  }

  /** Fallbacks must be known level by level, as deeper ones are made of shallower ones. */
  #link(states: readonly [state: number, parent: number, char: number][]): void {
    const depth: number[] = [0];
    for (const [state, parent] of states) depth[state] = (depth[parent] ?? 0) + 1;
    for (const [state, parent, char] of [...states].sort((a, b) => (depth[a[0]] ?? 0) - (depth[b[0]] ?? 0))) {
      if (parent !== 0) this.#fallback[state] = this.#next(this.#fallback[parent] ?? 0, char);
      this.#longest[state] ||= this.#longest[this.#fallback[state] ?? 0] ?? 0;
    }
  }

  #next(from: number, char: number): number {
    for (let state = from; ; state = this.#fallback[state] ?? 0) {
      const next = this.#steps.get(step(state, char));
      if (next !== undefined) return next;
      if (state === 0) return 0;
    }
  }

  /** Half-open ranges of all occurrences; overlapping ones joined, in order. */
  ranges(text: string): [start: number, end: number][] {
    const found: [start: number, end: number][] = [];
    let state = 0;
    for (let index = 0; index < text.length; index++) {
      const char = text.charCodeAt(index);
      if (state === 0 && this.#begins[char & 0xff] === 0) continue;
      state = this.#next(state, char);
      const length = this.#longest[state] ?? 0;
      if (length === 0) continue;
      let start = index + 1 - length;
      for (let last = found.at(-1); last && last[1] > start; last = found.at(-1)) {
        start = Math.min(start, last[0]);
        found.pop();
      }
      found.push([start, index + 1]);
    }
    return found;
  }
}

/** A half-open range of UTF-16 offsets. */
export type Range = readonly [start: number, end: number];

/**
 * A function that finds every occurrence of the secret values, in any form a program may print them in (`secretForms`):
 * ranges in order, overlapping ones joined. One pass over the text, whatever the number of values; empty values are
 * ignored. A value that is split over two calls is not seen.
 */
export function createFinder(values: Iterable<string>): (text: string) => readonly Range[] {
  const forms = new Set<string>();
  for (const value of values) for (const form of secretForms(value)) forms.add(form);
  if (forms.size === 0) return () => [];
  const automaton = new Automaton([...forms]);
  return text => automaton.ranges(text);
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
