import { CallFault } from './faults.ts';

/** Bounds of one rendering, far beyond what templates need, so that no text can hang kiln or exhaust its memory. */
export const LIMITS = {
  /** UTF-16 units of one result. */
  output: 64 * 1024 * 1024,
  /** UTF-16 units read and produced by all function calls together. */
  volume: 64 * 1024 * 1024,
  /** Evaluated nodes and loop rounds. */
  steps: 2_000_000,
  /** Templates calling templates. */
  templateDepth: 200,
  /** Blocks and parentheses inside one another. */
  nesting: 400,
  /** Rounds of run-time rendering. */
  rounds: 100,
} as const;

/** What a rendering has used so far. All methods throw a CallFault when it is too much. */
export class Budget {
  #steps = 0;
  #volume = 0;

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > LIMITS.steps)
      throw new CallFault(`the template does too much work (more than ${LIMITS.steps.toLocaleString('en')} steps)`);
  }

  /** Accounts for a text that a function reads or is about to make. */
  handle(length: number): void {
    this.#volume += length;
    if (this.#volume > LIMITS.volume)
      throw new CallFault('the functions of the template handle more than 64 MiB of text');
  }
}

/** Gathers a text piece by piece, never more than the output limit. */
export class TextBuilder {
  readonly #parts: string[] = [];
  #length = 0;

  add(piece: string): void {
    this.#length += piece.length;
    if (this.#length > LIMITS.output) throw new CallFault('the template makes a text of more than 64 MiB');
    this.#parts.push(piece);
  }

  toString(): string {
    return this.#parts.join('');
  }
}
