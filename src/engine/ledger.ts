import {
  appendFileSync,
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeFileError, KilnError } from '../sdk/errors.ts';
import { type ProcessIdentity, thisProcess } from '../sdk/process-identity.ts';
import type { ResourceRef } from '../sdk/resources.ts';

/** Written to the ledger's first line; a reader refuses what is newer than it knows. */
export const LEDGER_VERSION = 1;

/** What a run is, as its ledger's first line tells; resuming it adds another such line. */
export interface RunHeader {
  readonly runId: string;
  readonly template: string;
  readonly cwd: string;
  readonly local: boolean;
  /** From then on the run counts as dead even where its process cannot be asked. */
  readonly expires: string;
}

/** One line of a run's ledger. `n` numbers the resources of the run. */
export type LedgerRecord =
  | ({ readonly event: 'run'; readonly v: number; readonly at: string; readonly process: ProcessIdentity } & RunHeader)
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
  readonly #header: RunHeader;
  readonly #resumes: boolean;
  #file: LedgerFile | undefined;
  #next: number;
  /** Notes from before the first intent. */
  #early: LedgerRecord[] = [];

  /** `resume`: the run's ledger exists and this process goes on with it, numbering its resources from `next`. */
  constructor(folder: string, header: RunHeader, resume?: { readonly next: number }) {
    this.path = join(folder, `${header.runId}.ndjson`);
    this.#header = header;
    this.#resumes = resume !== undefined;
    this.#next = resume?.next ?? 0;
  }

  /** True once something was recorded. */
  get written(): boolean {
    return this.#file !== undefined;
  }

  /** Takes over the ledger of a run that is resumed. From now on the run counts as alive. Throws a KilnError. */
  open(): void {
    this.#recording(() => this.#open());
  }

  /** Records durably that a resource is about to be created. Throws a KilnError when it cannot; then nothing may be created. */
  intent(build: string, ref: ResourceRef): number {
    const n = ++this.#next;
    this.#recording(() => this.#open().append({ event: 'intent', at: now(), n, build, ref }, true));
    return n;
  }

  created(n: number, id: string): void {
    this.#outcome({ event: 'created', at: now(), n, id });
  }

  closed(n: number, event: 'not-created' | 'undone' | 'kept'): void {
    this.#outcome({ event, at: now(), n }, event === 'kept');
  }

  undoFailed(n: number, message: string): void {
    this.#outcome({ event: 'undo-failed', at: now(), n, message });
  }

  /** A line of the run's timeline. */
  note(build: string, text: string): void {
    const record: LedgerRecord = { event: 'note', at: now(), build, text };
    if (this.written) this.#outcome(record);
    else this.#early.push(record);
  }

  end(outcome: 'succeeded' | 'failed' | 'cancelled'): void {
    this.#outcome({ event: 'end', at: now(), outcome });
    this.#file?.close();
    this.#file = undefined;
  }

  /**
   * Outcomes may be lost (a full disk): gc then undoes once more, which is harmless, and asks EC2 before it touches an
   * image (see collect.ts). So they never fail the build.
   */
  #outcome(record: LedgerRecord, durable = false): void {
    try {
      this.#file?.append(record, durable);
    } catch {
      // The intent stands; see above.
    }
  }

  #open(): LedgerFile {
    if (this.#file) return this.#file;
    const head: LedgerRecord = { event: 'run', v: LEDGER_VERSION, at: now(), ...this.#header, process: thisProcess() };
    this.#file = this.#resumes ? LedgerFile.reopen(this.path, head) : LedgerFile.create(this.path, head);
    for (const note of this.#early.splice(0)) this.#outcome(note);
    return this.#file;
  }

  #recording<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw new KilnError(
        `the run's ledger could not be written, so nothing more is created: ${describeFileError(this.path, error)}`,
        {
          cause: error,
          code: 'ledger-unwritable',
          hint: 'make room or make the folder writable, or set XDG_STATE_HOME to another one',
        },
      );
    }
  }
}

/** The file behind a ledger: whole lines or nothing, whatever the disk does. */
class LedgerFile {
  readonly #descriptor: number;
  /** Bytes of whole lines; undefined when the file was not written by us from its beginning. */
  #size: number | undefined;
  #torn = false;

  private constructor(descriptor: number, size: number | undefined) {
    this.#descriptor = descriptor;
    this.#size = size;
  }

  static create(path: string, head: LedgerRecord): LedgerFile {
    const folder = dirname(path);
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncFolder(dirname(made));
    const file = new LedgerFile(openSync(path, 'ax', 0o600), 0);
    try {
      file.append(head, false);
      syncFolder(folder);
      return file;
    } catch (error) {
      // Without its first line the file would tell nobody anything.
      file.close();
      rmSync(path, { force: true });
      throw error;
    }
  }

  static reopen(path: string, head: LedgerRecord): LedgerFile {
    const file = new LedgerFile(openSync(path, 'a', 0o600), undefined);
    // The run may have died in the middle of a line.
    file.#torn = true;
    try {
      file.append(head, true);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  append(record: LedgerRecord, durable: boolean): void {
    const line = Buffer.from(`${this.#torn ? '\n' : ''}${JSON.stringify(record)}\n`);
    try {
      for (let sent = 0; sent < line.length; ) sent += writeSync(this.#descriptor, line, sent);
      if (durable) fdatasyncSync(this.#descriptor);
    } catch (error) {
      this.#takeBack();
      throw error;
    }
    this.#torn = false;
    if (this.#size !== undefined) this.#size += line.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** A full disk took only a part of the line: the next one must not continue it. */
  #takeBack(): void {
    this.#torn = true;
    if (this.#size === undefined) return;
    try {
      ftruncateSync(this.#descriptor, this.#size);
      this.#torn = false;
    } catch {
      // Then the next line begins with a line end.
    }
  }
}

/**
 * Adds an outcome to the ledger of a run that has ended: what `kiln gc` did. When it cannot be written (a full disk) the
 * next gc finds the same leftover again, and that it is gone.
 */
export function appendOutcome(
  path: string,
  n: number,
  outcome: { readonly event: 'undone' | 'kept' } | { readonly event: 'undo-failed'; readonly message: string },
): void {
  try {
    // A torn last line must not swallow the new one.
    appendFileSync(path, `\n${JSON.stringify({ ...outcome, at: now(), n } satisfies LedgerRecord)}\n`);
  } catch {
    // See above.
  }
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
