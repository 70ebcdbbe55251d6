import type { TimedState, Timing } from './timing.ts';

interface Pending {
  readonly effect: () => void;
  looksLeft: number;
  timeDone: boolean;
  workDone: boolean;
  timer?: NodeJS.Timeout;
}

/** Lets states pass: after their time, or at the Nth look, and never before the real work behind them is done. */
export class Lifecycle {
  private readonly timing: Timing;
  private readonly pending = new Map<string, Set<Pending>>();
  private closed = false;

  constructor(timing: Timing) {
    this.timing = timing;
  }

  /** Milliseconds that the state lasts; 0 in looks mode. */
  duration(state: TimedState): number {
    return this.timing.looks > 0 ? 0 : this.timing[state] * this.timing.scale;
  }

  /**
   * Runs `effect` once the state of resource `id` has lasted long enough and `work` has settled (its own failures are
   * for the caller to handle in `work`). Never runs it before the current call has built its answer.
   */
  after(state: TimedState, id: string, effect: () => void, work?: Promise<unknown>, extra = 0): void {
    const looks = this.timing.looks;
    const milliseconds = this.duration(state) + extra;
    const one: Pending = { effect, looksLeft: looks, timeDone: looks > 0 || milliseconds <= 0, workDone: false };
    const all = this.pending.get(id) ?? new Set();
    all.add(one);
    this.pending.set(id, all);
    if (!one.timeDone) {
      one.timer = setTimeout(() => {
        one.timeDone = true;
        this.settle(id, one);
      }, milliseconds);
    }
    const settled = (): void => {
      one.workDone = true;
      this.settle(id, one);
    };
    (work ?? Promise.resolve()).then(settled, settled);
  }

  /** The resource was described: in looks mode this is what makes time pass. */
  look(id: string): void {
    if (this.timing.looks < 1) return;
    for (const one of this.pending.get(id) ?? []) {
      one.looksLeft--;
      this.settle(id, one);
    }
  }

  /** Forgets what was to become of a resource. */
  cancel(id: string): void {
    for (const one of this.pending.get(id) ?? []) clearTimeout(one.timer);
    this.pending.delete(id);
  }

  close(): void {
    this.closed = true;
    for (const id of [...this.pending.keys()]) this.cancel(id);
  }

  private settle(id: string, one: Pending): void {
    const all = this.pending.get(id);
    if (this.closed || !all?.has(one) || !one.timeDone || !one.workDone || one.looksLeft > 0) return;
    all.delete(one);
    if (all.size === 0) this.pending.delete(id);
    one.effect();
  }
}
