import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'mocha';
import { withFileLock } from '../../src/sdk/file-lock.ts';

/** Longest that another test run may have the devices, in milliseconds. */
const PATIENCE = 10 * 60_000;

/**
 * To be called in a `describe` whose tests use device names of this host (/dev/sdf ...): such suites take turns, also with
 * those of other test runs on this machine.
 */
export function aloneWithHostDevices(): void {
  let free = (): void => {};
  let held: Promise<void> = Promise.resolve();
  before(async function () {
    this.timeout(PATIENCE);
    await new Promise<void>((resolve, reject) => {
      held = withFileLock(join(tmpdir(), 'kiln-test-host-devices.lock'), { timeout: PATIENCE }, () => {
        resolve();
        return new Promise<void>(release => {
          free = release;
        });
      });
      held.catch(reject);
    });
  });
  after(async () => {
    free();
    await held;
  });
}
