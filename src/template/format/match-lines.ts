/** A run of equal lines. */
export interface LineMatch {
  readonly oldStart: number;
  readonly newStart: number;
  readonly length: number;
}

/** Work after which a stretch is taken as replaced as a whole: the difference stays correct, only not the shortest. */
const MOST_STEPS = 2_000_000;

/** A longest common subsequence of two lists of lines (Myers, 1986, in linear space), as runs in order. */
export function matchLines(before: readonly string[], after: readonly string[]): LineMatch[] {
  const numbers = new Map<string, number>();
  const number = (text: string): number => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, numbers.size);
    return numbers.size - 1;
  };
  const a = kept(before.map(number), after.map(number));
  const b = kept(after.map(number), before.map(number));
  const pairs: Pair[] = [];
  new Matcher(a.values, b.values, pairs).range(0, a.values.length, 0, b.values.length);
  return runs(pairs.map(([x, y]) => [a.places[x] ?? 0, b.places[y] ?? 0]));
}

type Pair = readonly [old: number, new_: number];

/** Lines that the other side does not have can match nothing: they are set aside first. */
function kept(own: readonly number[], other: readonly number[]): { values: number[]; places: number[] } {
  const known = new Set(other);
  const places = own.flatMap((value, place) => (known.has(value) ? [place] : []));
  return { values: places.map(place => own[place] ?? -1), places };
}

function runs(pairs: readonly Pair[]): LineMatch[] {
  const found: { oldStart: number; newStart: number; length: number }[] = [];
  for (const [x, y] of pairs) {
    const last = found.at(-1);
    if (last && last.oldStart + last.length === x && last.newStart + last.length === y) last.length++;
    else found.push({ oldStart: x, newStart: y, length: 1 });
  }
  return found;
}

class Matcher {
  private readonly a: readonly number[];
  private readonly b: readonly number[];
  private readonly pairs: Pair[];
  private readonly forward: Int32Array;
  private readonly backward: Int32Array;
  private readonly middle: number;
  private steps = 0;

  constructor(a: readonly number[], b: readonly number[], pairs: Pair[]) {
    this.a = a;
    this.b = b;
    this.pairs = pairs;
    this.middle = a.length + b.length + 1;
    this.forward = new Int32Array(2 * this.middle + 1);
    this.backward = new Int32Array(2 * this.middle + 1);
  }

  /** Appends the matching pairs of two half-open ranges. */
  range(aFrom: number, aTo: number, bFrom: number, bTo: number): void {
    const { a, b } = this;
    let [x, y, endX, endY] = [aFrom, bFrom, aTo, bTo];
    for (; x < endX && y < endY && a[x] === b[y]; x++, y++) this.pairs.push([x, y]);
    let same = 0;
    for (; x < endX && y < endY && a[endX - 1] === b[endY - 1]; endX--, endY--) same++;
    if (x < endX && y < endY) {
      const split = this.split(x, endX, y, endY);
      if (split) {
        this.range(x, split[0], y, split[1]);
        this.range(split[0], endX, split[1], endY);
      }
    }
    for (let index = 0; index < same; index++) this.pairs.push([endX + index, endY + index]);
  }

  /** A point that a shortest edit path passes through, met from both ends; undefined when the search grew too long. */
  private split(aFrom: number, aTo: number, bFrom: number, bTo: number): Pair | undefined {
    const { a, b, forward, backward, middle } = this;
    const n = aTo - aFrom;
    const m = bTo - bFrom;
    const delta = n - m;
    const odd = delta % 2 !== 0;
    forward[middle + 1] = 0;
    backward[middle + 1] = 0;
    for (let d = 0; d <= (n + m + 1) >> 1; d++) {
      for (let k = -d; k <= d; k += 2) {
        const down = k === -d || (k !== d && (forward[middle + k - 1] ?? 0) < (forward[middle + k + 1] ?? 0));
        let x = down ? (forward[middle + k + 1] ?? 0) : (forward[middle + k - 1] ?? 0) + 1;
        let y = x - k;
        for (; x < n && y < m && a[aFrom + x] === b[bFrom + y]; x++, y++) this.steps++;
        forward[middle + k] = x;
        const facing = delta - k;
        if (odd && facing > -d && facing < d && x + (backward[middle + facing] ?? 0) >= n)
          return this.inside(x, y, aFrom, aTo, bFrom, bTo);
      }
      for (let k = -d; k <= d; k += 2) {
        const down = k === -d || (k !== d && (backward[middle + k - 1] ?? 0) < (backward[middle + k + 1] ?? 0));
        let x = down ? (backward[middle + k + 1] ?? 0) : (backward[middle + k - 1] ?? 0) + 1;
        let y = x - k;
        for (; x < n && y < m && a[aTo - 1 - x] === b[bTo - 1 - y]; x++, y++) this.steps++;
        backward[middle + k] = x;
        const facing = delta - k;
        if (!odd && facing >= -d && facing <= d && x + (forward[middle + facing] ?? 0) >= n)
          return this.inside(n - x, m - y, aFrom, aTo, bFrom, bTo);
      }
      this.steps += 2 * d;
      if (this.steps > MOST_STEPS) return undefined;
    }
    return undefined;
  }

  /** The point in the coordinates of the whole, if it divides the range at all. */
  private inside(x: number, y: number, aFrom: number, aTo: number, bFrom: number, bTo: number): Pair | undefined {
    const point: Pair = [Math.min(Math.max(aFrom + x, aFrom), aTo), Math.min(Math.max(bFrom + y, bFrom), bTo)];
    const corner = (point[0] === aFrom && point[1] === bFrom) || (point[0] === aTo && point[1] === bTo);
    return corner ? undefined : point;
  }
}
