import type { Io } from '../io.ts';

/** One line at the bottom of a terminal that shows how far long work is. Silent where there is no terminal. */
export class StatusLine {
  readonly #io: Io;
  #visible = false;
  #last = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  show(build: string, what: string, done: number, total: number | undefined): void {
    const now = performance.now();
    // Ten a second are enough for the eye.
    if (!this.#io.stdoutIsTerminal || now - this.#last < 100) return;
    this.#last = now;
    const share = total ? ` ${bar(done / total)} ${Math.floor((100 * done) / total)}%` : done > 0 ? ` ${done}` : '';
    this.#io.out(`\r\x1b[2K${`    ${build}: ${what}${share}`.slice(0, this.#io.columns - 1)}`);
    this.#visible = true;
  }

  clear(): void {
    if (!this.#visible) return;
    this.#io.out('\r\x1b[2K');
    this.#visible = false;
  }
}

function bar(share: number): string {
  const width = 20;
  const full = Math.max(0, Math.min(width, Math.round(share * width)));
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}
