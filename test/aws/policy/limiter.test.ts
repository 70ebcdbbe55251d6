import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { describe, it } from 'mocha';
import { Limiter, type Slot } from '../../../src/aws/policy/limiter.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);

/** A bucket of tokens, as EC2 keeps them, on a clock of its own speed. */
function bucket(capacity: number, perSecond: number) {
  let tokens = capacity;
  let at = performance.now();
  let refused = 0;
  return {
    get refused() {
      return refused;
    },
    take(): boolean {
      const now = performance.now();
      tokens = Math.min(capacity, tokens + ((now - at) / 1000) * perSecond);
      at = now;
      if (tokens < 1) {
        refused++;
        return false;
      }
      tokens -= 1;
      return true;
    },
  };
}

describe('the limiter', () => {
  it('lets a few calls go at once, and more as AWS answers', async () => {
    const limiter = new Limiter();
    const slots = await Promise.all([1, 2, 3, 4].map(() => limiter.slot(never)));
    let fifth: Slot | undefined;
    const waiting = limiter.slot(never).then(slot => {
      fifth = slot;
    });
    await new Promise(resolve => setTimeout(resolve, 20));
    assert.equal(fifth, undefined);
    slots[0]?.('answered');
    await waiting;
    assert.ok(fifth);
  });

  it('stands aside while AWS admits all', async () => {
    const limiter = new Limiter();
    for (let n = 0; n < 500; n++) (await limiter.slot(never))('answered');
    assert.equal(limiter.throttled, false);
  });

  it('goes one by one after a refusal, so that hundred calls at a tight bucket meet few more of them', async () => {
    const limiter = new Limiter('read');
    const limits = bucket(10, 100);
    const call = async (): Promise<void> => {
      for (;;) {
        const slot = await limiter.slot(never);
        await new Promise(resolve => setImmediate(resolve));
        const admitted = limits.take();
        slot(admitted ? 'answered' : 'throttled');
        if (admitted) return;
      }
    };
    await Promise.all(Array.from({ length: 20 }, call));
    assert.equal(limiter.throttled, true);
    assert.ok(limits.refused <= 8, `${limits.refused} refusals`);
  });

  it('takes one burst of refusals for one', async () => {
    const limiter = new Limiter('read');
    const slots = await Promise.all([1, 2, 3, 4].map(() => limiter.slot(never)));
    for (const slot of slots) slot('throttled');
    const started = performance.now();
    (await limiter.slot(never))('answered');
    // Five a second after the first reason to slow down; four reasons would make it a second and more.
    assert.ok(performance.now() - started < 900);
  });

  it('lets a cancelled build go at once, from the queue and from the pause', async () => {
    const limiter = new Limiter();
    const slots = await Promise.all([1, 2, 3, 4].map(() => limiter.slot(never)));
    await assert.rejects(limiter.slot(AbortSignal.timeout(10)));
    slots[0]?.('throttled');
    for (const slot of slots.slice(1)) slot('answered');
    await assert.rejects(limiter.slot(AbortSignal.timeout(10)));
    await assert.rejects(limiter.slot(AbortSignal.abort(new Error('before'))), /before/);
    (await limiter.slot(never))('answered');
  });
});
