/** Milliseconds until the next look, given how long the wait had lasted at the last one (0: none yet), and their number. */
export type Pace = (elapsed: number, looks: number) => number;

/** Asks AWS for several things of one kind at once; those it does not know are left out. */
export type DescribeMany<T> = (ids: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, T>>;

/** What one look gave: `undefined` from `check` waits on, anything else ends the wait. */
export interface Wait<T, R> {
  readonly id: string;
  readonly pace: Pace;
  /** Throws when the state can no longer be reached. `item` is undefined while AWS does not know the thing. */
  check(item: T | undefined, elapsed: number): R | undefined;
  readonly signal: AbortSignal;
}

interface Waiter<T> {
  readonly id: string;
  readonly pace: Pace;
  readonly started: number;
  readonly signal: AbortSignal;
  looks: number;
  /** When it was looked at last, or began. */
  looked: number;
  look(item: T | undefined): void;
  fail(error: unknown): void;
}

/** AWS takes up to 1000 ids in one describe call; shorter lists keep answers small. */
const MOST_IDS = 100;
/** Pause between two questions on behalf of several waits that do not keep time with each other, in milliseconds. */
const SHARED_PAUSE = 500;
const FEW = 4;

/**
 * Watches things of one kind for all builds of this process: whenever one of them is due, all are asked for in one
 * call, so twenty builds cost hardly more calls than one.
 */
export class Poller<T> {
  readonly #describe: DescribeMany<T>;
  readonly #shortestPause: (waits: number) => number;
  readonly #waiters = new Set<Waiter<T>>();
  /** One listener for each signal, however many waits it has. */
  readonly #aborts = new Map<AbortSignal, () => void>();
  #timer: NodeJS.Timeout | undefined;
  #asking: AbortController | undefined;
  #asked = Number.NEGATIVE_INFINITY;

  /** `shortestPause`: milliseconds between two questions, given how many wait; for when AWS wants fewer of them. */
  constructor(describe: DescribeMany<T>, shortestPause: (waits: number) => number = () => 0) {
    this.#describe = describe;
    this.#shortestPause = shortestPause;
  }

  /** Resolves with what `check` gave; rejects with what it threw, a failed describe, or the signal's reason. */
  wait<R>(wait: Wait<T, R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const { signal } = wait;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const started = performance.now();
      const end = (settle: () => void): void => {
        this.#remove(waiter);
        settle();
      };
      const waiter: Waiter<T> = {
        id: wait.id,
        pace: wait.pace,
        started,
        signal,
        looks: 0,
        looked: started,
        look: item => {
          try {
            const result = wait.check(item, performance.now() - started);
            if (result !== undefined) end(() => resolve(result));
          } catch (error) {
            end(() => reject(error));
          }
        },
        fail: error => end(() => reject(error)),
      };
      this.#waiters.add(waiter);
      this.#listen(signal);
      this.#schedule();
    });
  }

  /** What the paces go by has changed. */
  reschedule(): void {
    this.#schedule();
  }

  #listen(signal: AbortSignal): void {
    if (this.#aborts.has(signal)) return;
    const aborted = (): void => {
      for (const waiter of [...this.#waiters]) if (waiter.signal === signal) waiter.fail(signal.reason);
    };
    this.#aborts.set(signal, aborted);
    signal.addEventListener('abort', aborted, { once: true });
  }

  #remove(waiter: Waiter<T>): void {
    this.#waiters.delete(waiter);
    const { signal } = waiter;
    if (![...this.#waiters].some(one => one.signal === signal)) {
      const aborted = this.#aborts.get(signal);
      if (aborted) signal.removeEventListener('abort', aborted);
      this.#aborts.delete(signal);
    }
    if (this.#waiters.size === 0) this.#asking?.abort(new Error('nobody waits any more'));
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waits = this.#waiters.size;
    if (this.#asking || waits === 0) return;
    const due = Math.min(...[...this.#waiters].map(dueOf));
    const pause = Math.max(this.#shortestPause(waits), waits > FEW ? SHARED_PAUSE : 0);
    this.#timer = setTimeout(
      () => void this.#ask(),
      Math.max(0, Math.max(due, this.#asked + pause) - performance.now()),
    );
  }

  async #ask(): Promise<void> {
    const asked = [...this.#waiters].slice(0, MOST_IDS);
    const asking = new AbortController();
    this.#asking = asking;
    this.#asked = performance.now();
    try {
      const found = await this.#describe([...new Set(asked.map(one => one.id))], asking.signal);
      this.#asking = undefined;
      const now = performance.now();
      for (const waiter of asked) {
        if (!this.#waiters.has(waiter)) continue;
        waiter.looks++;
        waiter.looked = now;
        waiter.look(found.get(waiter.id));
      }
    } catch (error) {
      this.#asking = undefined;
      if (!asking.signal.aborted) for (const waiter of asked) if (this.#waiters.has(waiter)) waiter.fail(error);
    }
    // Those beyond the first hundred come first next time.
    for (const waiter of asked) {
      if (this.#waiters.delete(waiter)) this.#waiters.add(waiter);
    }
    this.#schedule();
  }
}

function dueOf<T>({ pace, started, looked, looks }: Waiter<T>): number {
  return looked + pace(looked - started, looks);
}
