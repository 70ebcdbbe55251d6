import { messageOf } from '../sdk/errors.ts';
import type { BuildInfo, Ui } from '../sdk/plugin.ts';
import type { ProvisionerSpec } from '../template/model.ts';

/** Runs the steps of a build the way `-debug` and `-on-error` ask: pauses, prompts, retries. */
export class Steps {
  /** The user chose to leave everything as it is. */
  abandoned = false;
  readonly #info: BuildInfo;
  readonly #ui: Ui;
  readonly #signal: AbortSignal;
  readonly #begun: string[] = [];

  constructor(info: BuildInfo, ui: Ui, signal: AbortSignal) {
    this.#info = info;
    this.#ui = ui;
    this.#signal = signal;
  }

  /** After a failure nothing is to be undone. */
  get leaveAll(): boolean {
    return this.abandoned || this.#info.onError === 'abort' || this.#info.onError === 'run-cleanup-provisioner';
  }

  async step<T>(name: string, body: () => Promise<T> | T): Promise<T> {
    this.#signal.throwIfAborted();
    this.#begun.push(name);
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        const result = await body();
        await this.#pause(`Step "${name}" is done. Press enter to go on.`);
        return result;
      } catch (error) {
        if (this.#signal.aborted || this.#info.onError !== 'ask') throw error;
        const answer = await this.#askAfterFailure(name, error);
        if (answer === 'abort') this.abandoned = true;
        if (answer !== 'retry') throw error;
      }
    }
  }

  async beforeProvisioner(spec: ProvisionerSpec): Promise<void> {
    await this.#pause(`Next is provisioner "${spec.name ?? spec.type}". Press enter to go on.`);
  }

  /** A last look around before things go. Never throws. */
  async beforeCleanUp(): Promise<void> {
    await this.#pause('Next is the clean-up. Press enter to go on.').catch(() => {});
  }

  /** Tells that nothing is cleaned up, step by step, last one first. */
  tellAborted(error: unknown): void {
    const [failed, ...done] = [...this.#begun].reverse();
    if (failed !== undefined && !this.abandoned) this.#ui.error(messageOf(error));
    if (this.#signal.aborted) this.#ui.error('Interrupted, aborting...');
    else if (failed !== undefined) this.#ui.error(`Step "${failed}" failed, aborting...`);
    for (const name of done) this.#ui.error(`aborted: skipping cleanup of step "${name}"`);
  }

  async #pause(question: string): Promise<void> {
    if (!this.#info.debug) return;
    // Without a terminal a pause is as if Enter was pressed (Packer's rule).
    await this.#ui.ask(question, this.#signal).catch(() => '');
    this.#signal.throwIfAborted();
  }

  async #askAfterFailure(name: string, error: unknown): Promise<'cleanup' | 'abort' | 'retry'> {
    this.#ui.error(messageOf(error));
    this.#ui.error(`Step "${name}" failed`);
    for (;;) {
      let answer: string;
      try {
        answer = await this.#ui.ask(
          '[c] Clean up and exit, [a] abort without cleanup, or [r] retry step (build may fail even if retry succeeds)?',
          this.#signal,
        );
      } catch {
        return 'cleanup';
      }
      const letter = answer.trim().slice(0, 1).toLowerCase();
      if (letter === '' || letter === 'c') return 'cleanup';
      if (letter === 'a') return 'abort';
      if (letter === 'r') return 'retry';
    }
  }
}
