import type { Expectation } from './poll-schedule.ts';

/** Changes of state that are waited for. */
export type StateKind =
  | 'running'
  | 'stopped'
  | 'terminated'
  | 'image'
  | 'registered'
  | 'copy'
  | 'snapshot'
  | 'volume'
  | 'import';

/**
 * What EC2 usually takes, as measured by many: a small instance runs after 8 s and stops in 6 s (up to 40 s when its
 * services are slow to end), a stopped one terminates at once, images take from half a minute upwards, those that are
 * only registered from complete snapshots hardly any time, and imports of disks about ten minutes.
 */
const USUAL: Readonly<Record<StateKind, Expectation>> = {
  running: { median: 8000, certainty: 4, chance: 0.25 },
  stopped: { median: 6000, certainty: 2.5, chance: 0.3 },
  terminated: { median: 6000, certainty: 2.5, chance: 0.3 },
  image: { median: 30_000, certainty: 2, chance: 0.2 },
  registered: { median: 3000, certainty: 2.5, chance: 0.3 },
  copy: { median: 60_000, certainty: 2, chance: 0.2 },
  snapshot: { median: 15_000, certainty: 2, chance: 0.2 },
  volume: { median: 3000, certainty: 2.5, chance: 0.3 },
  import: { median: 600_000, certainty: 2, chance: 0.2 },
};

/** What was seen in this process is a better guide than what is usual. */
const LEARNED = { certainty: 6, chance: 0.25 };
/** How much the latest time counts for the next. */
const WEIGHT = 0.4;
/** Below this share of the usual times an endpoint counts as quick: the embedded EC2, or a test's. */
const QUICK = 0.3;
/** Kinds whose time tells of the others'; a termination takes long or no time, depending on what ran. */
const TELLING: readonly StateKind[] = ['running', 'stopped', 'image', 'copy', 'snapshot'];

/** How long states last at one endpoint, as far as this process has seen. Nothing of it is written down. */
export class StateTimes {
  readonly #seen = new Map<StateKind, number>();
  readonly #quick: boolean;

  /** `quick`: known to take no longer than its machines need, as the embedded EC2. */
  constructor(quick = false) {
    this.#quick = quick;
  }

  /** A state has changed between two looks, in milliseconds since the beginning. */
  learn(kind: StateKind, before: number, after: number): void {
    const time = Math.max(1, (before + after) / 2);
    const old = this.#seen.get(kind);
    this.#seen.set(kind, old === undefined ? time : old + (time - old) * WEIGHT);
  }

  /** What to expect; undefined when things go so quickly that expecting makes no sense: just look often. */
  expected(kind: StateKind): Expectation | undefined {
    if (this.#quick) return undefined;
    const seen = this.#seen.get(kind);
    const pace = this.#pace();
    const usual = USUAL[kind];
    if (seen !== undefined) return seen < usual.median * QUICK ? undefined : { ...LEARNED, median: seen };
    if (pace === undefined) return usual;
    return pace < QUICK ? undefined : { ...usual, median: usual.median * Math.min(pace, 2) };
  }

  /** Whether nothing is known of this endpoint yet, so that it might be a quick one. */
  get unknown(): boolean {
    return !this.#quick && this.#pace() === undefined;
  }

  /** The times seen compared with the usual ones (their geometric mean). */
  #pace(): number | undefined {
    const ratios = TELLING.flatMap(kind => {
      const seen = this.#seen.get(kind);
      return seen === undefined ? [] : [Math.log(seen / USUAL[kind].median)];
    });
    if (ratios.length === 0) return undefined;
    return Math.exp(ratios.reduce((a, b) => a + b, 0) / ratios.length);
  }
}
