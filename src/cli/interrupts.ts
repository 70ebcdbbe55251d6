import { CancelledError } from '../sdk/errors.ts';
import type { Emit } from '../sdk/events.ts';
import { killLocalProcesses } from '../sdk/scripts/local-process.ts';
import type { Io } from './io.ts';

const SIGNALS = { SIGINT: 'interrupt', SIGTERM: 'terminated', SIGHUP: 'hangup' } as const;

/** First signal: cancel, clean up, exit 1. A second one stops at once and says how to finish the clean-up. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #emit: Emit;
  readonly #io: Io;
  #listeners: [NodeJS.Signals, () => void][] = [];

  constructor(emit: Emit, io: Io) {
    this.#emit = emit;
    this.#io = io;
    for (const [name, word] of Object.entries(SIGNALS)) {
      const listener = (): void => this.#received(word);
      this.#listeners.push([name as NodeJS.Signals, listener]);
      process.on(name, listener);
    }
  }

  /** Aborted with a CancelledError by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  close(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener);
    this.#listeners = [];
  }

  #received(word: string): void {
    if (this.#controller.signal.aborted) {
      killLocalProcesses();
      this.#io.err(
        '\nStopped at once. What this run created may still exist: "kiln gc" lists it, "kiln gc -yes" removes it.\n',
      );
      process.exit(1);
    }
    this.#emit({
      type: 'cancelling',
      text: `Cancelling build after receiving ${word}; a second signal stops without cleaning up`,
    });
    this.#controller.abort(new CancelledError(`the build was cancelled (${word})`));
  }
}
