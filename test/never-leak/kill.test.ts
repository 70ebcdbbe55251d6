import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { complaints, strike } from './harness.ts';
import { type SweepOptions, sweep } from './sweep.ts';
import { TEMPLATES } from './templates.ts';

/** KILN_KILL_ALL=1 strikes at every call (`bench/leaks.ts` does the same, with a table); else at some of them. */
const all = Boolean(process.env['KILN_KILL_ALL']);

const PLANS: readonly (readonly [template: string, signal: SweepOptions['signal'], step: number])[] = [
  ['plain', 'SIGKILL', 3],
  ['rich', 'SIGKILL', 13],
  ['spot', 'SIGKILL', 7],
  ['replace', 'SIGKILL', 7],
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

  it('leaves nothing when gc is killed as well, and run again', async () => {
    // While the copies are made: by then all kinds of things exist.
    const blow = { signal: 'SIGKILL', moment: 'done', call: 28 } as const;
    for (let call = 1; call <= 30; call += all ? 1 : 9) {
      const outcome = await strike('rich', TEMPLATES['rich'] ?? {}, blow, { ...blow, call });
      assert.deepEqual(complaints(outcome), [], `gc killed at call ${call}`);
    }
  });
});
