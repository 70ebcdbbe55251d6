import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Poller } from '../../src/aws/policy/poller.ts';
import { type Pulse, type WaitFor, waitFor } from '../../src/aws/waiter.ts';
import { KilnError } from '../../src/sdk/errors.ts';

const never = new AbortController().signal;
/** Without progress a wait here ends after this time, in milliseconds; the looks go on for twice as long. */
const LONGEST = 1000;
const DELAY = 40;
const LOOKS = 50;

/** Something that is ready at look number `LOOKS`; `see` is told each look before. */
function wait(see: (look: number) => string | undefined, more: Partial<WaitFor<number, string>> = {}) {
  let looks = 0;
  const poller = new Poller<number>(async ids => new Map(ids.map(id => [id, ++looks])));
  const result = waitFor<number, string>(
    poller,
    {
      id: 'snap-1',
      what: 'snapshot snap-1',
      goal: 'complete',
      kind: 'snapshot',
      longest: LONGEST,
      polling: { delay: DELAY },
      look: look => (look >= LOOKS ? { done: 'complete' } : { waiting: 'pending', progress: see(look) }),
      ...more,
    },
    never,
  );
  return { result, looks: () => looks };
}

describe('the waiter', () => {
  it('goes on beyond the deadline as long as there is progress', async () => {
    const { result, looks } = wait(look => `${look}%`);
    assert.equal(await result, 'complete');
    assert.equal(looks(), LOOKS);
  });

  it('goes on as long as there are signs of life from elsewhere', async () => {
    const pulse: Pulse = { value: '' };
    const see = (look: number): undefined => {
      pulse.value = `${look}%`;
    };
    assert.equal(await wait(see, { pulse }).result, 'complete');
  });

  it('gives up without progress, and says what it waited for and how to wait longer', async () => {
    const error: unknown = await wait(() => '7%').result.catch(thrown => thrown);
    assert.ok(error instanceof KilnError);
    assert.match(error.message, /^snapshot snap-1 is not complete after \d+s: it is pending$/);
    assert.match(error.hint ?? '', /aws_polling/);
    assert.equal(error.code, 'aws-timeout');
  });

  it('takes the deadline of aws_polling in place of its own', async () => {
    const { result, looks } = wait(() => undefined, { longest: 3_600_000, polling: { delay: DELAY, longest: 300 } });
    await assert.rejects(result, /is not complete after/);
    assert.ok(looks() < LOOKS);
  });
});
