import { sleep } from '../../sdk/async.ts';

/** Calls under way at once at first; each answer lets this grow, each refusal shrinks it. */
const FIRST_WINDOW = 4;
/** Calls per second after AWS's first refusal: what EC2's smallest buckets win back (API throttling, EC2 reference). */
const FIRST_RATE: Readonly<Record<Bucket, number>> = { read: 5, change: 2, run: 2 };
/** Calls per second below which a limiter never goes, and above which it lets go. */
const SLOWEST = 0.2;
const UNLIMITED = 50;
/** Share of a rate by which it grows each second without refusals. */
const RECOVERY = 0.03;
/** How long after its last refusal an account counts as throttled, in milliseconds. */
const MEMORY = 60_000;
/** How far back answers are counted at the first refusal, in milliseconds. */
const WINDOW = 5000;

export type Bucket = 'read' | 'change' | 'run';
export type Outcome = 'answered' | 'throttled';

/** A place in the queue that was reached. To be given back with what came of the call. */
export type Slot = (outcome: Outcome) => void;

/**
 * Paces the calls of one API bucket for all builds of this process. It begins with few calls at once, so that a tight
 * bucket costs few refusals; once AWS refuses, calls go out one by one at the rate that AWS was seen to admit, which is
 * won back bit by bit.
 */
export class Limiter {
  readonly #firstRate: number;
  readonly #queue: (() => void)[] = [];
  #window = FIRST_WINDOW;
  #underWay = 0;
  #rate = Number.POSITIVE_INFINITY;
  #nextSlot = 0;
  #rateChanged = 0;
  #refused = Number.NEGATIVE_INFINITY;
  #answeredSince = 0;
  #recent: number[] = [];

  constructor(bucket: Bucket = 'change') {
    this.#firstRate = FIRST_RATE[bucket];
  }

  /** Whether AWS refused calls lately. */
  get throttled(): boolean {
    return performance.now() - this.#refused < MEMORY;
  }

  /** Waits for the next free slot. Throws the signal's reason when it is aborted before. */
  async slot(signal: AbortSignal): Promise<Slot> {
    await this.#enter(signal);
    try {
      await this.#paced(signal);
    } catch (error) {
      this.#leave();
      throw error;
    }
    const sent = performance.now();
    let open = true;
    return outcome => {
      if (!open) return;
      open = false;
      if (outcome === 'throttled') this.#slowDown(sent);
      else this.#answered();
      this.#leave();
    };
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#underWay < this.#window) {
      this.#underWay++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#queue.push(enter);
    });
  }

  #leave(): void {
    this.#underWay--;
    while (this.#underWay < this.#window) {
      const enter = this.#queue.shift();
      if (!enter) return;
      this.#underWay++;
      enter();
    }
  }

  async #paced(signal: AbortSignal): Promise<void> {
    if (this.#rate === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    this.#recover(now);
    const at = Math.max(now, this.#nextSlot);
    this.#nextSlot = at + 1000 / this.#rate;
    if (at > now) await sleep(at - now, signal);
  }

  #answered(): void {
    this.#answeredSince++;
    this.#window += 1 / this.#window;
    this.#recent.push(performance.now());
    if (this.#recent.length > 400) this.#recent = this.#recentAnswers();
  }

  #recentAnswers(): number[] {
    const from = performance.now() - WINDOW;
    return this.#recent.filter(at => at > from);
  }

  /** AWS said it was too much. One burst answered by many refusals is one reason to slow down, not many. */
  #slowDown(sent: number): void {
    const now = performance.now();
    if (sent < this.#refused) return;
    if (this.#rate === Number.POSITIVE_INFINITY) {
      const usual = this.#recentAnswers().length / (WINDOW / 1000);
      this.#rate = Math.max(this.#firstRate, usual / 2);
    } else {
      this.#recover(now);
      // The bucket was empty at both refusals, so what was answered in between is what flowed into it.
      const flowed = this.#answeredSince / ((now - this.#refused) / 1000);
      this.#rate = Math.max(SLOWEST, Math.min(this.#rate * 0.9, Math.max(this.#rate * 0.5, flowed * 0.95)));
    }
    this.#window = 1;
    this.#answeredSince = 0;
    this.#refused = now;
    this.#rateChanged = now;
    this.#nextSlot = now + 1000 / this.#rate;
  }

  #recover(now: number): void {
    this.#rate *= (1 + RECOVERY) ** ((now - this.#rateChanged) / 1000);
    this.#rateChanged = now;
    if (this.#rate > UNLIMITED) this.#rate = Number.POSITIVE_INFINITY;
  }
}

const limiters = new Map<string, Limiter>();

/** The limiter of an account's API bucket; EC2 counts reads, changes and launches apart, in each region. */
export function limiterFor(account: string, operation: string): Limiter {
  const bucket: Bucket = /^(Describe|Get|List)/.test(operation)
    ? 'read'
    : operation === 'RunInstances'
      ? 'run'
      : 'change';
  const key = `${account} ${bucket}`;
  const known = limiters.get(key);
  if (known) return known;
  const made = new Limiter(bucket);
  limiters.set(key, made);
  return made;
}

/** Whether AWS refused calls of an account lately. */
export function isThrottled(account: string): boolean {
  return (['read', 'change', 'run'] as const).some(bucket => limiters.get(`${account} ${bucket}`)?.throttled === true);
}
