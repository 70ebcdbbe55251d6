import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { isKind, toAwsError } from '../../../src/aws/policy/aws-error.ts';
import { CallBatch } from '../../../src/aws/policy/call-batch.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);

/** Gathers, noting what was sent; items that begin with `bad` spoil their call. */
function recording() {
  const sent: string[][] = [];
  const batch = new CallBatch<string, string>(
    async items => {
      sent.push([...items]);
      await delay(1);
      const bad = items.find(item => item.startsWith('bad'));
      if (bad) throw new Error(`${bad} is refused`);
      return items.map(item => `${item}!`);
    },
    () => 2,
  );
  return { sent, batch };
}

describe('calls in batches', () => {
  it('makes one call of what is asked at once, and gives each its own result', async () => {
    const { sent, batch } = recording();
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(item => batch.ask(item, never))), ['a!', 'b!', 'c!']);
    assert.equal(await batch.ask('d', never), 'd!');
    assert.deepEqual(sent, [['a', 'b', 'c'], ['d']]);
  });

  it('lets one bad item fail alone', async () => {
    const { batch } = recording();
    const results = await Promise.allSettled(['a', 'bad', 'c'].map(item => batch.ask(item, never)));
    assert.deepEqual(
      results.map(one => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message)),
      ['a!', 'bad is refused', 'c!'],
    );
  });

  it('does not ask for each alone when nobody is reached', async () => {
    let calls = 0;
    const where = { service: 'EC2', operation: 'StopInstances', region: 'r' };
    const batch = new CallBatch<string, string>(
      async () => {
        calls++;
        throw toAwsError(where, Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
      },
      () => 2,
    );
    const results = await Promise.allSettled(['a', 'b', 'c'].map(item => batch.ask(item, never)));
    assert.ok(results.every(one => one.status === 'rejected' && isKind(one.reason, 'unreachable')));
    assert.equal(calls, 1);
  });

  it('does not ask again on behalf of who was cancelled meanwhile', async () => {
    const { sent, batch } = recording();
    const cancelled = new AbortController();
    const gone = batch.ask('gone', cancelled.signal);
    const bad = batch.ask('bad', never);
    while (sent.length === 0) await delay(0);
    cancelled.abort(new Error('stop'));
    await assert.rejects(gone, /stop/);
    await assert.rejects(bad, /bad is refused/);
    assert.deepEqual(sent, [['gone', 'bad'], ['bad']]);
  });

  it('leaves out who is cancelled before the call, and does not disturb the others after it', async () => {
    const { sent, batch } = recording();
    const cancelled = new AbortController();
    const early = batch.ask('early', cancelled.signal);
    const other = batch.ask('other', never);
    cancelled.abort(new Error('stop'));
    await assert.rejects(early, /stop/);
    assert.equal(await other, 'other!');
    assert.deepEqual(sent, [['other']]);
  });

  it('ends a call that nobody waits for any more', async () => {
    let signal: AbortSignal | undefined;
    const batch = new CallBatch<string, string>(
      (_, given) => {
        signal = given;
        return new Promise(() => {});
      },
      () => 0,
    );
    const cancelled = new AbortController();
    const asking = batch.ask('a', cancelled.signal);
    await delay(10);
    assert.equal(signal?.aborted, false);
    cancelled.abort(new Error('stop'));
    await assert.rejects(asking, /stop/);
    assert.equal(signal?.aborted, true);
  });

  it('takes a hundred things at most in one call', async () => {
    const { sent, batch } = recording();
    await Promise.all(Array.from({ length: 130 }, (_, n) => batch.ask(`i${n}`, never)));
    assert.deepEqual(
      sent.map(items => items.length),
      [100, 30],
    );
  });
});
