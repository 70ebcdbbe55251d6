import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { nextLook } from '../../../src/aws/policy/poll-schedule.ts';
import { StateTimes } from '../../../src/aws/policy/state-times.ts';

/** Looks until a state that lasts `time` ms is seen to have changed: their number, and how late the last one is. */
function looks(expected: Parameters<typeof nextLook>[1], time: number): { count: number; late: number } {
  let at = 0;
  let count = 0;
  while (at < time) {
    at = Math.max(at + 400, nextLook(at, expected));
    count++;
  }
  return { count, late: at - time };
}

describe('when to look next', () => {
  const usual = { median: 8000, certainty: 4, chance: 0.25 };

  it('is when the change has come with the given probability, and later after each look', () => {
    // A quarter of the cases of a log-logistic distribution of shape 4 come before 0.76 of its median.
    assert.ok(Math.abs(nextLook(0, usual) - 6079) < 1);
    let at = 0;
    for (let look = 0; look < 50; look++) {
      const next = nextLook(at, usual);
      assert.ok(next > at);
      at = next;
    }
  });

  it('finds what takes the usual time within a second, with a few looks', () => {
    for (const time of [5000, 6500, 8000, 9500, 11_000]) {
      const { count, late } = looks(usual, time);
      assert.ok(late <= 1500 && count <= 7, `${time}: ${count} looks, ${late} ms late`);
    }
  });

  it('looks ever more rarely at what takes much longer', () => {
    const { count, late } = looks(usual, 600_000);
    assert.ok(count < 70 && late < 60_000, `${count} looks, ${late} ms late`);
  });
});

describe('the state times of an endpoint', () => {
  it('begins with what is usual', () => {
    const times = new StateTimes();
    assert.equal(times.unknown, true);
    assert.equal(times.expected('running')?.median, 8000);
    assert.ok((times.expected('image')?.median ?? 0) > 20_000);
  });

  it('goes by what was seen, of the same kind and of the others', () => {
    const times = new StateTimes();
    times.learn('running', 15_000, 17_000);
    assert.equal(times.unknown, false);
    assert.equal(times.expected('running')?.median, 16_000);
    // Twice the usual: so is what was not seen yet.
    assert.equal(times.expected('stopped')?.median, 12_000);
    times.learn('running', 20_000, 22_000);
    assert.equal(times.expected('running')?.median, 18_000);
  });

  it('expects nothing where all is quick', () => {
    const times = new StateTimes();
    times.learn('running', 0, 20);
    for (const kind of ['running', 'stopped', 'image', 'snapshot'] as const)
      assert.equal(times.expected(kind), undefined);
    assert.equal(new StateTimes(true).expected('image'), undefined);
    assert.equal(new StateTimes(true).unknown, false);
  });

  it('does not take a termination for a sign of the rest', () => {
    const times = new StateTimes();
    times.learn('terminated', 0, 10);
    assert.equal(times.unknown, true);
    assert.equal(times.expected('running')?.median, 8000);
  });
});
