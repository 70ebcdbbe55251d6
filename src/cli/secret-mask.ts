import { createFinder, maskRanges, type Range } from '../template/variables/secrets.ts';

/** Replaces secret values in every text that is shown; the one place where masking happens. */
export class SecretMask {
  readonly #values = new Set<string>();
  #find: ((text: string) => readonly Range[]) | undefined;

  constructor(values: Iterable<string>) {
    for (const value of values) this.#values.add(value);
  }

  add = (value: string): void => {
    if (value === '' || this.#values.has(value)) return;
    this.#values.add(value);
    this.#find = undefined;
  };

  /** Where secrets stand in a text: in order, without overlaps. */
  find = (text: string): readonly Range[] => {
    if (this.#values.size === 0) return [];
    this.#find ??= createFinder([...this.#values]);
    return this.#find(text);
  };

  mask = (text: string): string => maskRanges(text, this.find(text));

  /** The same with further values; this one stays as it is. */
  with(values: Iterable<string>): SecretMask {
    return new SecretMask([...this.#values, ...values]);
  }
}
