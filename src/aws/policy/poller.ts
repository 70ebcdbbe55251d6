/** Milliseconds until the next look, given how long the wait has lasted and how many looks there were. */
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
  looks: number;
  due: number;
  look(item: T | undefined): void;
  fail(error: unknown): void;
}

/** AWS takes up to 1000 ids in one describe call; shorter lists keep answers small. */
const MOST_IDS = 100;

/**
 * Watches things of one kind for all builds of this process: whenever one of them is due, all are asked for in one
 * call, so twenty builds cost hardly more calls than one.
 */
export class Poller<T> {
  readonly #describe: DescribeMany<T>;
  readonly #waiters = new Set<Waiter<T>>();
  #timer: NodeJS.Timeout | undefined;
  #asking: AbortController | undefined;

  constructor(describe: DescribeMany<T>) {
    this.#describe = describe;
  }

  /** Resolves with what `check` gave; rejects with what it threw, a failed describe, or the signal's reason. */
  wait<R>(wait: Wait<T, R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      if (wait.signal.aborted) {
        reject(wait.signal.reason);
        return;
      }
      const started = performance.now();
      const end = (settle: () => void): void => {
        this.#waiters.delete(waiter);
        wait.signal.removeEventListener('abort', aborted);
        if (this.#waiters.size === 0) this.#asking?.abort(new Error('nobody waits any more'));
        settle();
        this.#schedule();
      };
      const aborted = (): void => end(() => reject(wait.signal.reason));
      const waiter: Waiter<T> = {
        id: wait.id,
        pace: wait.pace,
        started,
        looks: 0,
        due: started,
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
      wait.signal.addEventListener('abort', aborted, { once: true });
      this.#waiters.add(waiter);
      this.#schedule();
    });
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#asking || this.#waiters.size === 0) return;
    const due = Math.min(...[...this.#waiters].map(waiter => waiter.due));
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, due - performance.now()));
  }

  async #ask(): Promise<void> {
    const asked = [...this.#waiters].slice(0, MOST_IDS);
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const found = await this.#describe([...new Set(asked.map(one => one.id))], asking.signal);
      this.#asking = undefined;
      for (const waiter of asked) {
        if (!this.#waiters.has(waiter)) continue;
        waiter.looks++;
        const now = performance.now();
        waiter.due = now + waiter.pace(now - waiter.started, waiter.looks);
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
