import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import type { FaultPlan } from '../../src/local-ec2/faults/index.ts';
import type { LocalEc2 } from '../../src/local-ec2/index.ts';
import { hollowEc2, leaks, minimal } from '../helpers/ebs-bake.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { withoutAws } from '../helpers/without-aws.ts';
import { engineBake } from './engine-bake.ts';

const BUILDS = 20;
/** Calls of Packer 1.6.6 for one such build when nothing is refused; `npm run bench throttle` counts them again. */
const PACKER_CALLS = 24;

/** Buckets that twenty builds empty at once, though not as slow to fill again as those of the plan `throttled`. */
const TIGHT: FaultPlan = {
  faults: [
    { kind: 'throttle', actions: ['Describe*', 'Get*'], capacity: 6, perSecond: 5, shared: true },
    {
      kind: 'throttle',
      actions: ['Run*', 'Create*', 'Delete*', 'Terminate*', 'Stop*'],
      capacity: 4,
      perSecond: 4,
      shared: true,
    },
  ],
};

describe('twenty builds of one process', () => {
  let server: LocalEc2;
  withoutAws();
  afterEach(() => server.close());
  // After the server's own hook: its folder goes last.
  const folder = tempFolders();

  const bakeAll = async (count: number, faults?: FaultPlan): Promise<readonly { outcome: string }[]> => {
    const dir = folder();
    server = await hollowEc2(join(dir, 'ec2'), faults && { faults });
    const { ssh_username: _, ...options } = minimal(server);
    const builders = Array.from({ length: count }, (_, index) => ({
      ...options,
      type: 'amazon-ebs',
      name: `build-${index}`,
      ami_name: `image-${index}`,
      communicator: 'none',
    }));
    const bake = await engineBake({ builders }, join(dir, 'state'));
    assert.equal(bake.succeeded, count, JSON.stringify(bake.failures));
    assert.deepEqual([bake.complaints, bake.left], [[], []]);
    assert.equal(server.state().images.filter(image => image.state === 'available').length, count);
    assert.deepEqual(leaks(server), {});
    return server.calls;
  };

  it('under tight request limits all succeed, with at most a third of the calls that Packer makes', async () => {
    const calls = await bakeAll(BUILDS, TIGHT);
    assert.ok(
      calls.some(call => call.outcome === 'RequestLimitExceeded'),
      'the limits are not tight',
    );
    assert.ok(calls.length <= (BUILDS * PACKER_CALLS) / 3, `${calls.length} calls`);
  }).timeout(240_000);

  it('without limits make hardly more calls for each than the five that only it can make', async () => {
    const calls = await bakeAll(BUILDS);
    assert.ok(calls.length <= BUILDS * 5 + 30, `${calls.length} calls`);
  }).timeout(60_000);
});
