import { createMasker } from '../template/variables/secrets.ts';

/** Replaces secret values in every text that is shown; the one place where masking happens. */
export class SecretMask {
  readonly #values = new Set<string>();
  #masker: ((text: string) => string) | undefined;

  constructor(values: Iterable<string>) {
    for (const value of values) this.#values.add(value);
  }

  add = (value: string): void => {
    if (value === '' || this.#values.has(value)) return;
    this.#values.add(value);
    this.#masker = undefined;
  };

  mask = (text: string): string => {
    if (this.#values.size === 0) return text;
    this.#masker ??= createMasker([...this.#values]);
    return this.#masker(text);
  };
}
