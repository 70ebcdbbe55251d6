import { appendFileSync, closeSync, fdatasyncSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeFileError, KilnError } from '../sdk/errors.ts';
import { type ProcessIdentity, thisProcess } from '../sdk/process-identity.ts';
import type { ResourceRef } from '../sdk/resources.ts';

/** Written to the ledger's first line; a reader refuses what is newer than it knows. */
export const LEDGER_VERSION = 1;

/** One line of a run's ledger. `n` numbers the resources of the run. */
export type LedgerRecord =
  | {
      readonly event: 'run';
      readonly v: number;
      readonly at: string;
      readonly runId: string;
      readonly template: string;
      readonly cwd: string;
      readonly local: boolean;
      readonly process: ProcessIdentity;
    }
  | {
      readonly event: 'intent';
      readonly at: string;
      readonly n: number;
      readonly build: string;
      readonly ref: ResourceRef;
    }
  | { readonly event: 'created'; readonly at: string; readonly n: number; readonly id: string }
  | { readonly event: 'not-created' | 'undone' | 'kept'; readonly at: string; readonly n: number }
  | { readonly event: 'undo-failed'; readonly at: string; readonly n: number; readonly message: string }
  | { readonly event: 'note'; readonly at: string; readonly build: string; readonly text: string }
  | { readonly event: 'end'; readonly at: string; readonly outcome: 'succeeded' | 'failed' | 'cancelled' };

/** `$XDG_STATE_HOME/kiln/runs`, where each run keeps its ledger. */
export function ledgerFolder(env: Readonly<Record<string, string | undefined>>): string {
  const state = env['XDG_STATE_HOME'];
  return join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'kiln', 'runs');
}

/**
 * The append-only record of all a run creates. An intent is on disk before its call is sent; so whatever kills kiln,
 * `kiln gc` finds what it may have left. The file appears with the first intent: runs that create nothing leave none.
 */
export class Ledger {
  readonly path: string;
  readonly #header: LedgerRecord;
  #descriptor: number | undefined;
  #next = 0;

  constructor(
    folder: string,
    run: { readonly runId: string; readonly template: string; readonly cwd: string; readonly local: boolean },
  ) {
    this.path = join(folder, `${run.runId}.ndjson`);
    this.#header = { event: 'run', v: LEDGER_VERSION, at: now(), ...run, process: thisProcess() };
  }

  /** True once something was recorded. */
  get written(): boolean {
    return this.#descriptor !== undefined;
  }

  /** Records durably that a resource is about to be created. Throws a KilnError when it cannot; then nothing may be created. */
  intent(build: string, ref: ResourceRef): number {
    const n = ++this.#next;
    this.#write({ event: 'intent', at: now(), n, build, ref }, true);
    return n;
  }

  created(n: number, id: string): void {
    this.#append({ event: 'created', at: now(), n, id });
  }

  closed(n: number, event: 'not-created' | 'undone' | 'kept'): void {
    this.#append({ event, at: now(), n });
  }

  undoFailed(n: number, message: string): void {
    this.#append({ event: 'undo-failed', at: now(), n, message });
  }

  /** A line of the run's timeline. */
  note(build: string, text: string): void {
    if (this.written) this.#append({ event: 'note', at: now(), build, text });
  }

  end(outcome: 'succeeded' | 'failed' | 'cancelled'): void {
    if (this.#descriptor === undefined) return;
    this.#append({ event: 'end', at: now(), outcome });
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** Outcomes may be lost (a full disk): gc then undoes once more, which is harmless. So they never fail the build. */
  #append(record: LedgerRecord): void {
    try {
      this.#write(record, false);
    } catch {
      // The intent stands; see above.
    }
  }

  #write(record: LedgerRecord, durable: boolean): void {
    try {
      const descriptor = this.#open();
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      for (let sent = 0; sent < line.length; ) sent += writeSync(descriptor, line, sent);
      if (durable) fdatasyncSync(descriptor);
    } catch (error) {
      throw new KilnError(
        `the run's ledger could not be written, so nothing more is created: ${describeFileError(this.path, error)}`,
        {
          cause: error,
          code: 'ledger-unwritable',
          hint: 'make the folder writable, or set XDG_STATE_HOME to one that is',
        },
      );
    }
  }

  #open(): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    const folder = dirname(this.path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(this.path, 'ax', 0o600);
    const line = Buffer.from(`${JSON.stringify(this.#header)}\n`);
    writeSync(this.#descriptor, line);
    syncFolder(folder);
    return this.#descriptor;
  }
}

/** Adds an outcome to the ledger of a run that has ended: what `kiln gc` did. */
export function appendOutcome(
  path: string,
  n: number,
  outcome: { readonly event: 'undone' } | { readonly event: 'undo-failed'; readonly message: string },
): void {
  // A torn last line must not swallow the new one.
  appendFileSync(path, `\n${JSON.stringify({ ...outcome, at: now(), n } satisfies LedgerRecord)}\n`);
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function now(): string {
  return new Date().toISOString();
}
