/** Flags, width and precision of one printf verb. */
export class Flags {
  plus = false;
  minus = false;
  sharp = false;
  space = false;
  zero = false;
  /** %+v and %#v. */
  plusV = false;
  sharpV = false;
  width: number | undefined;
  precision: number | undefined;

  /** Runs `body` with some flags changed, and sets them back. */
  with<T>(changes: Partial<Pick<Flags, 'plus' | 'sharp' | 'zero'>>, body: () => T): T {
    const { plus, sharp, zero } = this;
    Object.assign(this, changes);
    const result = body();
    Object.assign(this, { plus, sharp, zero });
    return result;
  }

  /** `text` padded to the width, counted in characters. */
  pad(text: string): string {
    if (!this.width) return text;
    return this.fill(text, this.width - countChars(text));
  }

  /** `text` with `missing` padding characters; zeros only to the left. */
  fill(text: string, missing: number): string {
    if (missing <= 0) return text;
    if (this.minus) return text + ' '.repeat(missing);
    return (this.zero ? '0' : ' ').repeat(missing) + text;
  }
}

function countChars(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The first `precision` characters, when there is one. */
export function truncate(text: string, flags: Flags): string {
  const limit = flags.precision;
  if (limit === undefined || text.length <= limit) return text;
  let count = 0;
  let end = 0;
  for (const char of text) {
    if (++count > limit) return text.slice(0, end);
    end += char.length;
  }
  return text;
}
