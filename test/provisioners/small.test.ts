import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { plugin as breakpoint } from '../../provisioners/breakpoint/index.ts';
import { plugin as sleep } from '../../provisioners/sleep/index.ts';
import { noneCommunicator } from '../../src/communicators/none.ts';
import { recordingUi } from '../communicators/helpers.ts';
import { provision } from './helpers.ts';

describe('provisioner breakpoint', () => {
  it('waits for Enter, with and without a note', async () => {
    const plain = await provision(breakpoint, {}, noneCommunicator(), { ui: recordingUi(['']) });
    assert.deepEqual(plain.said, ['Pausing at breakpoint provisioner.', 'ask: Press enter to continue.']);
    const noted = await provision(breakpoint, { note: 'look' }, noneCommunicator(), { ui: recordingUi(['']) });
    assert.equal(noted.said[0], 'Pausing at breakpoint provisioner with note "look".');
  });

  it('goes on when it is disabled', async () => {
    const ui = recordingUi();
    await provision(breakpoint, { disable: true }, noneCommunicator(), { ui });
    await provision(breakpoint, { disable: 'true', note: 'n' }, noneCommunicator(), { ui });
    assert.deepEqual(ui.said, [
      'Breakpoint provisioner disabled; continuing...',
      'Breakpoint provisioner with note "n" disabled; continuing...',
    ]);
  });

  it('fails without a terminal', async () => {
    await assert.rejects(
      provision(breakpoint, {}, noneCommunicator()),
      /^KilnError: Error asking for input: no terminal/,
    );
  });
});

describe('provisioner sleep', () => {
  it('waits silently, and no longer than the build lives', async () => {
    const started = performance.now();
    assert.deepEqual((await provision(sleep, { duration: '60ms' }, noneCommunicator())).said, []);
    assert.ok(performance.now() - started >= 55);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('cancelled')), 20);
    await assert.rejects(
      provision(sleep, { duration: '1h' }, noneCommunicator(), { signal: controller.signal }),
      /cancelled/,
    );
    await provision(sleep, {}, noneCommunicator());
  });
});
