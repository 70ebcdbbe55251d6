/** How long the embedded EC2's states last, in milliseconds before `scale`. */
export interface Timing {
  /** Instance `pending`, at least; it also lasts until the machine's SSH answers. */
  readonly pending: number;
  readonly stopping: number;
  readonly shuttingDown: number;
  /** Image and its snapshots `pending`. */
  readonly image: number;
  /** Copies of images and snapshots. */
  readonly copy: number;
  readonly snapshot: number;
  /** Volume `creating`, `attaching`, `detaching`, `deleting`. */
  readonly volume: number;
  readonly fastLaunch: number;
  readonly importTask: number;
  /** All of the above are multiplied by it. */
  readonly scale: number;
  /**
   * When 1 or more, times are not used: a state is ready only when its resource is described for this many times.
   * For benches that compare pollers.
   */
  readonly looks: number;
}

/** Nothing to wait for but the machines themselves. */
export const INSTANT: Timing = {
  pending: 0,
  stopping: 0,
  shuttingDown: 0,
  image: 0,
  copy: 0,
  snapshot: 0,
  volume: 0,
  fastLaunch: 0,
  importTask: 0,
  scale: 1,
  looks: 0,
};

/** What EC2 usually takes for a small instance and an 8 GiB image. */
export const EC2_LIKE: Timing = {
  ...INSTANT,
  pending: 8_000,
  stopping: 6_000,
  shuttingDown: 6_000,
  image: 20_000,
  copy: 30_000,
  snapshot: 12_000,
  volume: 2_000,
  fastLaunch: 15_000,
  importTask: 20_000,
};

export type TimedState = Exclude<keyof Timing, 'scale' | 'looks'>;
