import { orAborted } from '../../sdk/async.ts';
import { isKind } from './aws-error.ts';
import type { FailureKind } from './codes.ts';

interface Asker<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
  /** The call that the asker waits for. */
  call?: { readonly controller: AbortController; waiting: number };
  /** It has its result, or was cancelled. */
  served: boolean;
}

/**
 * Gathers what is wanted at about the same time into one call, for actions that take many things at once. One asker who
 * is cancelled leaves the others' call alone.
 */
export class CallBatch<Item, Result> {
  readonly #send: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>;
  readonly #pause: () => number;
  #askers: Asker<Item, Result>[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `send` gives the results in the order of the items; `pause` is how long to gather, in milliseconds. */
  constructor(send: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>, pause: () => number) {
    this.#send = send;
    this.#pause = pause;
  }

  /** Gives the result for one item; throws what `send` threw, or the signal's reason. */
  async ask(item: Item, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    const { promise, ...settle } = settleable<Result>();
    const asker: Asker<Item, Result> = { item, ...settle, served: false };
    this.#askers.push(asker);
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#go(), this.#pause());
    try {
      return await orAborted(promise, signal);
    } finally {
      asker.served = true;
      // One who is cancelled before the call is sent is not part of it; a call nobody waits for any more ends.
      this.#askers = this.#askers.filter(one => one !== asker);
      if (asker.call && --asker.call.waiting === 0) asker.call.controller.abort(new Error('nobody waits any more'));
    }
  }

  #go(): void {
    this.#timer = undefined;
    const askers = this.#askers.splice(0, MOST);
    if (this.#askers.length > 0) this.#timer = setTimeout(() => this.#go(), 0);
    if (askers.length > 0) void this.#answer(askers);
  }

  async #answer(askers: readonly Asker<Item, Result>[]): Promise<void> {
    const call = { controller: new AbortController(), waiting: askers.length };
    for (const one of askers) one.call = call;
    try {
      const items = askers.map(one => one.item);
      const results = await this.#send(items, call.controller.signal);
      for (const [index, one] of askers.entries()) one.resolve(results[index] as Result);
    } catch (error) {
      // One item may have spoilt the call for the others; but who cannot be reached at all is not asked for each of them.
      if (askers.length === 1 || isKind(error, ...EVERYBODYS)) for (const one of askers) one.reject(error);
      else for (const one of askers) if (!one.served) await this.#answer([one]);
    }
  }
}

/** Failures that have nothing to do with what was asked for. */
const EVERYBODYS: readonly FailureKind[] = ['unreachable', 'throttling', 'skew', 'expired', 'credentials'];

/** Things in one call; EC2 takes up to 1000 ids, and tags up to 500 of them at once. */
const MOST = 100;

function settleable<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
