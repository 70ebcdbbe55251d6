import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { Poller } from '../../../src/aws/policy/poller.ts';
import { waitFor } from '../../../src/aws/waiter.ts';

const never = new AbortController().signal;

/** States by id that advance with each question. */
function world(states: Record<string, string[]>) {
  const asked: string[][] = [];
  const poller = new Poller<string>(async ids => {
    asked.push([...ids].sort());
    await delay(1);
    return new Map(
      ids.flatMap(id => {
        const left = states[id] ?? [];
        const now = left.length > 1 ? left.shift() : left[0];
        return now === undefined || now === '' ? [] : [[id, now] as const];
      }),
    );
  });
  const wait = (id: string, signal: AbortSignal = never) =>
    poller.wait<string>({
      id,
      signal,
      pace: () => 5,
      check: item => {
        if (item === 'failed') throw new Error(`${id} failed`);
        return item === 'ready' ? item : undefined;
      },
    });
  return { asked, poller, wait };
}

describe('the poller', () => {
  it('asks for all that is waited for in one call', async () => {
    const { asked, wait } = world({ a: ['pending', 'pending', 'ready'], b: ['pending', 'ready'], c: ['ready'] });
    assert.deepEqual(await Promise.all([wait('a'), wait('b'), wait('c')]), ['ready', 'ready', 'ready']);
    assert.deepEqual(asked, [['a', 'b', 'c'], ['a', 'b'], ['a']]);
  });

  it('ends one wait without disturbing the others', async () => {
    const { wait } = world({ a: ['pending', 'pending', 'pending', 'ready'], b: ['pending', 'failed'] });
    const aborted = new AbortController();
    const c = wait('c', aborted.signal);
    const a = wait('a');
    const b = wait('b');
    aborted.abort(new Error('enough'));
    await assert.rejects(c, /enough/);
    await assert.rejects(b, /b failed/);
    assert.equal(await a, 'ready');
  });

  it('refuses a wait whose signal is aborted already, and stops asking when nobody waits', async () => {
    const { asked, wait } = world({ a: ['pending'] });
    await assert.rejects(wait('a', AbortSignal.abort(new Error('before'))), /before/);
    const aborted = new AbortController();
    const waiting = wait('a', aborted.signal);
    await delay(20);
    aborted.abort(new Error('now'));
    await assert.rejects(waiting, /now/);
    const count = asked.length;
    await delay(30);
    assert.ok(asked.length <= count + 1);
  });

  it('hands a failed question to all who asked', async () => {
    const poller = new Poller<string>(async () => {
      throw new Error('no answer');
    });
    const wait = () => poller.wait({ id: 'a', signal: never, pace: () => 1, check: () => undefined });
    await Promise.all([assert.rejects(wait(), /no answer/), assert.rejects(wait(), /no answer/)]);
  });

  it('asks for more than a hundred in turns', async () => {
    const { asked, wait } = world(Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`i${n}`, ['ready']])));
    await Promise.all(Array.from({ length: 150 }, (_, n) => wait(`i${n}`)));
    assert.deepEqual(
      asked.map(ids => ids.length),
      [100, 50],
    );
  });
});

describe('the waiter', () => {
  const wait = (poller: Poller<string>, longest: number, polling = {}) =>
    waitFor<string, string>(
      poller,
      {
        id: 'x',
        what: 'thing x',
        goal: 'ready',
        longest,
        kind: 'running',
        polling: { delay: 3, ...polling },
        look: item => (item === 'ready' ? { done: item } : { waiting: item, progress: item }),
      },
      never,
    );

  it('gives up without progress, naming the state', async () => {
    const { poller } = world({ x: ['pending'] });
    await assert.rejects(wait(poller, 20), /thing x is not ready after .*: it is pending/);
  });

  it('goes on while there is progress, however long it takes', async () => {
    const steps = Array.from({ length: 30 }, (_, n) => `${n}%`);
    const { poller } = world({ x: [...steps, 'ready'] });
    assert.equal(await wait(poller, 60), 'ready');
  });

  it('honours the longest wait of the user', async () => {
    const { poller } = world({ x: ['pending'] });
    await assert.rejects(wait(poller, 3_600_000, { longest: 10 }), /is not ready/);
  });

  it('tolerates that a new thing is not visible yet', async () => {
    const { poller } = world({ x: ['', '', 'ready'] });
    assert.equal(await wait(poller, 1000), 'ready');
  });
});

describe('many waits on one signal', () => {
  it('add one listener to it, so that Node does not warn of a leak', async () => {
    const warnings: string[] = [];
    const warned = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', warned);
    try {
      const build = new AbortController();
      const { wait } = world(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`i${n}`, ['pending', 'ready']])));
      await Promise.all(Array.from({ length: 30 }, (_, n) => wait(`i${n}`, build.signal)));
      const waiting = Array.from({ length: 30 }, (_, n) => wait(`none${n}`, build.signal));
      build.abort(new Error('stopped'));
      for (const one of waiting) await assert.rejects(one, /stopped/);
      await delay(5);
    } finally {
      process.off('warning', warned);
    }
    assert.deepEqual(warnings, []);
  });
});
