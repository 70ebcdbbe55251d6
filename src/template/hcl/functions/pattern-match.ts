import type { Step } from './pattern-program.ts';

/** Where the match and its groups begin and end, by twos; undefined for groups that took no part. */
type Slots = readonly (number | undefined)[];

export interface Match {
  readonly index: number;
  readonly end: number;
  /** The whole text first. */
  readonly texts: readonly (string | undefined)[];
}

/**
 * All matches from left to right, each the one that a search with backtracking would find, in a time that grows with the text and
 * the program only. As in Go there is no empty match right behind the match before.
 */
export function* matchesOf(program: readonly Step[], groups: number, text: string): Generator<Match> {
  let last = -1;
  for (let at = 0; at <= text.length; ) {
    const slots = new Search(program, text).from(at);
    const [index, end] = slots ?? [];
    if (!slots || index === undefined || end === undefined) return;
    if (end > index || end !== last) {
      const texts = Array.from({ length: groups + 1 }, (_, group) => {
        const [start, stop] = [slots[2 * group], slots[2 * group + 1]];
        return start === undefined || stop === undefined ? undefined : text.slice(start, stop);
      });
      yield { index, end, texts };
    }
    last = end;
    at = end > index ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
}

/** The ways that are still open, best first: a step of the program with the slots of the way there. */
class Ways {
  readonly steps: number[] = [];
  readonly slots: Slots[] = [];

  clear(): void {
    this.steps.length = 0;
    this.slots.length = 0;
  }
}

class Search {
  private readonly program: readonly Step[];
  private readonly text: string;
  /** For each step the last place in the text, plus one, at which it was added. */
  private readonly seen: Int32Array;

  constructor(program: readonly Step[], text: string) {
    this.program = program;
    this.text = text;
    this.seen = new Int32Array(program.length);
  }

  from(start: number): Slots | undefined {
    let ways = new Ways();
    let next = new Ways();
    let found: Slots | undefined;
    for (let at = start; ; ) {
      if (!found) this.add(ways, 0, at, []);
      if (found && ways.steps.length === 0) return found;
      const char = this.text.codePointAt(at);
      const after = at + (char !== undefined && char > 0xffff ? 2 : 1);
      for (let index = 0; index < ways.steps.length; index++) {
        const place = ways.steps[index] ?? 0;
        const step = this.program[place];
        const slots = ways.slots[index] ?? [];
        if (step?.kind === 'match') {
          found = slots;
          break;
        }
        if (step?.kind === 'char' && char !== undefined && step.test(char)) this.add(next, place + 1, after, slots);
      }
      if (char === undefined) return found;
      [ways, next] = [next, ways];
      next.clear();
      at = after;
    }
  }

  /** Adds all steps that read a character and can be reached without reading one. */
  private add(ways: Ways, first: number, at: number, given: Slots): void {
    const open: { place: number; slots: Slots }[] = [{ place: first, slots: given }];
    for (let one = open.pop(); one; one = open.pop()) {
      const { place, slots } = one;
      const step = this.program[place];
      if (!step || this.seen[place] === at + 1) continue;
      this.seen[place] = at + 1;
      switch (step.kind) {
        case 'jump':
          open.push({ place: step.to, slots });
          break;
        case 'split':
          open.push({ place: step.second, slots }, { place: step.first, slots });
          break;
        case 'save': {
          const saved = slots.slice();
          saved[step.slot] = at;
          open.push({ place: place + 1, slots: saved });
          break;
        }
        case 'assert':
          if (step.test(this.text, at)) open.push({ place: place + 1, slots });
          break;
        default:
          ways.steps.push(place);
          ways.slots.push(slots);
      }
    }
  }
}
