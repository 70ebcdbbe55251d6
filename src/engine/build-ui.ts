import type { Emit } from '../sdk/events.ts';
import type { Ui } from '../sdk/plugin.ts';
import { LineSplitter } from './line-splitter.ts';

export type Ask = (question: string, signal: AbortSignal) => Promise<string>;
export type Mask = (text: string) => string;

/** A Ui whose output is cut into lines; `flush` gives the last ones that had no line end. */
export interface BuildUi extends Ui {
  flush(): void;
}

/** Turns what plugins say into events; every text is masked here, and nowhere else. */
export function buildUi(build: string, emit: Emit, mask: Mask, ask: Ask): BuildUi {
  const splitter = (stream: 'stdout' | 'stderr'): LineSplitter =>
    new LineSplitter(line => emit({ type: 'output', build, stream, line: mask(line) }), mask);
  const streams = { stdout: splitter('stdout'), stderr: splitter('stderr') };
  return {
    say: text => emit({ type: 'say', build, text: mask(text) }),
    error: text => emit({ type: 'error', build, text: mask(text) }),
    output: (stream, chunk) => streams[stream].write(chunk),
    progress: (what, done, total) =>
      emit({ type: 'progress', build, what: mask(what), done, ...(total !== undefined && { total }) }),
    ask: (question, signal) => ask(mask(question), signal),
    flush: () => {
      streams.stdout.end();
      streams.stderr.end();
    },
  };
}
