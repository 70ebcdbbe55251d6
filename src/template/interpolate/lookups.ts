import { messageOf } from '../../sdk/errors.ts';
import { CallFault } from './faults.ts';

/** What a secrets manager holds under a name: a text, or bytes that no template can use. */
export type SecretContent = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'binary' };

/** Reads the current version of a secret. Given by whoever may talk to AWS; throws an error whose message says why not. */
export interface SecretLookup {
  read(name: string): Promise<SecretContent>;
}

/** Thrown while rendering when a value has yet to be fetched: the rendering is repeated once `ready` has settled. */
export class PendingLookup extends Error {
  readonly ready: Promise<void>;

  constructor(ready: Promise<void>) {
    super('a value is still being fetched');
    this.name = 'PendingLookup';
    this.ready = ready;
  }
}

type Outcome = { readonly value: unknown } | { readonly problem: string } | { readonly ready: Promise<void> };

/** Answers of consul, vault and the secrets manager, each asked once; the evaluator itself never waits. */
export class Lookups {
  readonly #outcomes = new Map<string, Outcome>();

  /** The fetched value. Throws PendingLookup while it is under way, CallFault when it could not be had. */
  get<T>(key: string, fetch: () => Promise<T>): T {
    const known = this.#outcomes.get(key);
    if (known && 'value' in known) return known.value as T;
    if (known && 'problem' in known) throw new CallFault(known.problem);
    if (known) throw new PendingLookup(known.ready);
    const ready = fetch().then(
      value => void this.#outcomes.set(key, { value }),
      error => void this.#outcomes.set(key, { problem: messageOf(error) }),
    );
    this.#outcomes.set(key, { ready });
    throw new PendingLookup(ready);
  }
}
