/**
 * When to look next at something that takes a time nobody knows. The time is taken for log-logistic around the one
 * expected: most likely near it, with a tail so long that the pauses grow with the time waited.
 */
export interface Expectation {
  /** The time that half of the cases take, in milliseconds. */
  readonly median: number;
  /** How sure that is: the greater, the denser the looks around the median and the fewer before it. */
  readonly certainty: number;
  /** Each look comes when it has happened with this probability since the last one. */
  readonly chance: number;
}

/**
 * The time of the look after one at `elapsed` that came too early, in milliseconds since the beginning: the moment by
 * which the state has changed with the probability `chance`, given that it had not at `elapsed`.
 */
export function nextLook(elapsed: number, { median, certainty, chance }: Expectation): number {
  const survived = 1 + (elapsed / median) ** certainty;
  return median * (survived / (1 - chance) - 1) ** (1 / certainty);
}
