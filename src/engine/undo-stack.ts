/** One thing to undo, and how. */
interface Entry {
  readonly what: string;
  readonly undo: () => Promise<void>;
  done?: Promise<void>;
}

/**
 * What a build must undo, last in first out, on success, failure and cancellation alike. Undoing never throws: what
 * could not be undone is told to `report`, and the rest goes on.
 */
export class UndoStack {
  readonly #entries: Entry[] = [];
  readonly #report: (what: string, error: unknown) => void;

  constructor(report: (what: string, error: unknown) => void) {
    this.#report = report;
  }

  /** Puts an undo on the stack; the function returned runs it early (once, however often it is called). */
  push(what: string, undo: () => Promise<void>): () => Promise<void> {
    const entry: Entry = { what, undo };
    this.#entries.push(entry);
    return () => this.#run(entry);
  }

  /** Runs all that has not run yet, in reverse order, and waits for those under way. */
  async unwind(): Promise<void> {
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) await this.#run(entry);
  }

  #run(entry: Entry): Promise<void> {
    entry.done ??= entry.undo().catch(error => this.#report(entry.what, error));
    return entry.done;
  }
}
