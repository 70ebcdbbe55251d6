import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type SweepOptions, sweep } from './sweep.ts';

/** KILN_KILL_ALL=1 strikes at every call (`bench/leaks.ts` does the same, with a table); else at some of them. */
const all = Boolean(process.env['KILN_KILL_ALL']);

const PLANS: readonly (readonly [template: string, signal: SweepOptions['signal'], step: number])[] = [
  ['plain', 'SIGKILL', 2],
  ['rich', 'SIGKILL', 9],
  ['spot', 'SIGKILL', 5],
  ['replace', 'SIGKILL', 5],
  ['plain', 'SIGINT', 5],
  ['rich', 'SIGINT', 17],
  ['spot', 'SIGTERM', 7],
  ['replace', 'SIGTERM', 9],
];

describe('a bake hit at any of its calls', function () {
  this.timeout(all ? 1_800_000 : 180_000);

  for (const [template, signal, step] of PLANS) {
    const clean = signal === 'SIGKILL' ? 'after gc' : 'by itself';
    it(`leaves nothing ${clean}, and loses nothing: ${signal}, template ${template}`, async () => {
      const result = await sweep(template, { signal, step: all ? 1 : step });
      assert.deepEqual(result.complaints, []);
      assert.ok(result.runs > 2);
    });
  }
});
