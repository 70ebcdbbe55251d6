import { sleep } from '../../sdk/async.ts';

/** Calls per second below which a limiter never goes, and above which it lets go. */
const SLOWEST = 0.2;
const UNLIMITED = 100;
/** What EC2 usually admits at least, in calls per second: nothing below it is taken for too much at first. */
const USUAL = 8;
/** How far back the rate that AWS found too high is measured, in milliseconds. */
const WINDOW = 1000;
/** Calls per second that are won back with each second without throttling. */
const RECOVERY = 0.5;

/**
 * Paces the calls of one API bucket for all builds of this process. It stands aside until AWS throttles; then it
 * keeps to a share of the rate that was too much and wins it back bit by bit.
 */
export class Limiter {
  #rate = Number.POSITIVE_INFINITY;
  #nextSlot = 0;
  #lastChange = 0;
  #recent: number[] = [];

  /** Waits for the next free slot. Throws the signal's reason when it is aborted before. */
  async slot(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#rate !== Number.POSITIVE_INFINITY) {
      const now = performance.now();
      this.#recover(now);
      const at = Math.max(now, this.#nextSlot);
      this.#nextSlot = at + 1000 / this.#rate;
      if (at > now) await sleep(at - now, signal);
    }
    this.#note(performance.now());
  }

  /** AWS said it was too much. */
  throttled(): void {
    const now = performance.now();
    // One burst answered by many refusals is one reason to slow down, not many.
    if (now - this.#lastChange < 200) return;
    this.#lastChange = now;
    const measured = this.#recent.filter(at => now - at < WINDOW).length * (1000 / WINDOW);
    const base = this.#rate === Number.POSITIVE_INFINITY ? Math.max(measured, USUAL) : this.#rate;
    this.#rate = Math.max(SLOWEST, base * 0.6);
    this.#nextSlot = Math.max(this.#nextSlot, now + 1000 / this.#rate);
  }

  #recover(now: number): void {
    this.#rate += (RECOVERY * (now - this.#lastChange)) / 1000;
    this.#lastChange = now;
    if (this.#rate > UNLIMITED) this.#rate = Number.POSITIVE_INFINITY;
  }

  #note(now: number): void {
    this.#recent.push(now);
    if (this.#recent.length > 400) this.#recent = this.#recent.filter(at => now - at < WINDOW);
  }
}

const limiters = new Map<string, Limiter>();

/** The limiter of an account's API bucket; EC2 counts reads, changes and launches apart, in each region. */
export function limiterFor(account: string, operation: string): Limiter {
  const bucket = /^(Describe|Get|List)/.test(operation) ? 'read' : operation === 'RunInstances' ? 'run' : 'change';
  const key = `${account} ${bucket}`;
  const known = limiters.get(key);
  if (known) return known;
  const made = new Limiter();
  limiters.set(key, made);
  return made;
}
