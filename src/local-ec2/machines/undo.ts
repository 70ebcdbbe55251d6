import { messageOf } from '../../sdk/errors.ts';

/** Things to undo, last first; each is tried whatever became of the others. Running it twice does nothing more. */
export class Undo {
  readonly #steps: (() => Promise<unknown> | unknown)[] = [];

  add(step: () => Promise<unknown> | unknown): void {
    this.#steps.push(step);
  }

  async run(onFailure: (text: string) => void): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        onFailure(`a local machine was not cleaned up whole: ${messageOf(error)}`);
      }
    }
  }
}
