import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import type { Fault } from '../../../src/local-ec2/faults/plan.ts';
import type { LocalEc2 } from '../../../src/local-ec2/index.ts';
import { bake, callsOf, hollowEc2, leaks, minimal } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

/** Calls of a bake with a copy, as one failure each is tried at. */
const STEPS = [
  'DescribeRegions',
  'DescribeImages',
  'CreateKeyPair',
  'CreateSecurityGroup',
  'AuthorizeSecurityGroupIngress',
  'RunInstances',
  'DescribeInstances',
  'StopInstances',
  'CreateImage',
  'CopyImage',
  'CreateTags',
  'ModifyImageAttribute',
  'ModifySnapshotAttribute',
  'EnableImageDeprecation',
] as const;

describe('an amazon-ebs bake under faults', () => {
  let server: LocalEc2;
  afterEach(() => server.close());
  // After the server's own hook: its folder goes last.
  const folder = tempFolders();

  const start = async (...faults: readonly Fault[]): Promise<void> => {
    server = await hollowEc2(folder(), { faults: { faults }, seed: 1 });
  };
  const full = () => ({
    ...minimal(server),
    ami_regions: ['eu-west-1'],
    ami_users: ['123456789012'],
    snapshot_users: ['123456789012'],
    deprecate_at: '2031-05-01T00:00:00Z',
    tags: { a: 'b' },
  });

  for (const action of STEPS) {
    it(`ends with one clear error and leaves nothing when ${action} is refused`, async () => {
      await start({ kind: 'error', actions: [action], code: 'UnauthorizedOperation', times: 1 });
      const { error, undoFailures } = await bake(full());
      assert.match(
        (error as Error).message,
        new RegExp(`EC2 refused ${action} in (us-east-1|eu-west-1): .*UnauthorizedOperation`),
      );
      assert.deepEqual(undoFailures, []);
      assert.deepEqual(leaks(server), {});
      assert.deepEqual(server.state().images, []);
      assert.deepEqual(server.state().snapshots, []);
    });

    it(`succeeds although one answer of ${action} is lost`, async () => {
      await start({ kind: 'lost-reply', actions: [action], times: 1 });
      const { error, undoFailures } = await bake(full());
      assert.equal(error, undefined);
      assert.deepEqual(undoFailures, []);
      assert.deepEqual(leaks(server), {});
      assert.deepEqual(
        server
          .state()
          .images.map(image => image.region)
          .sort(),
        ['eu-west-1', 'us-east-1'],
      );
    }).timeout(60_000);
  }

  it('succeeds under passing failures of every call', async () => {
    await start({ kind: 'error', actions: ['*'], code: 'RequestLimitExceeded', probability: 0.2, times: 12 });
    const { error } = await bake(full());
    assert.equal(error, undefined);
    assert.deepEqual(leaks(server), {});
  }).timeout(120_000);

  for (const as of ['not-found', 'empty', 'flip'] as const) {
    it(`succeeds when reads miss what is new (${as})`, async () => {
      await start({
        kind: 'stale-read',
        resources: ['instance', 'image', 'snapshot', 'key-pair', 'security-group'],
        milliseconds: 600,
        as,
      });
      const { error } = await bake(full());
      assert.equal(error, undefined);
      assert.deepEqual(leaks(server), {});
    }).timeout(60_000);
  }

  it('prints why an image failed, and removes it', async () => {
    await start({ kind: 'failed-state', resource: 'image', message: 'Client.InternalError: the snapshot went wrong' });
    const { error } = await bake(minimal(server));
    assert.match((error as Error).message, /could not make image ami-\w+ in us-east-1: it is failed: .*went wrong/);
    assert.deepEqual([server.state().images, server.state().snapshots], [[], []]);
    assert.deepEqual(leaks(server), {});
  });

  it('prints why an instance was terminated while pending', async () => {
    await start({
      kind: 'failed-state',
      resource: 'instance',
      code: 'Client.VolumeLimitExceeded',
      message: 'Volume limit exceeded',
    });
    const { error } = await bake(minimal(server));
    assert.match((error as Error).message, /is terminated instead of running: Volume limit exceeded/);
    assert.deepEqual(leaks(server), {});
  });

  it('undoes the images of all regions when one copy fails', async () => {
    await start({ kind: 'failed-state', resource: 'image', message: 'no key', after: 1 });
    const { error } = await bake({ ...minimal(server), ami_regions: ['eu-west-1', 'us-west-2'] });
    assert.match((error as Error).message, /copying AMI ami-\w+ failed: /);
    assert.deepEqual([server.state().images, server.state().snapshots], [[], []]);
    assert.deepEqual(leaks(server), {});
  });

  it('keeps what could be made with allow_partial_copy', async () => {
    await start({ kind: 'error', actions: ['CopyImage'], code: 'UnauthorizedOperation', times: 1 });
    const { error, artifact, run } = await bake({
      ...minimal(server),
      ami_regions: ['eu-west-1', 'us-west-2'],
      allow_partial_copy: true,
    });
    assert.equal(error, undefined);
    assert.equal(server.state().images.length, 2);
    assert.equal(artifact?.id.split(',').length, 2);
    assert.match(run.ui.errors.join(), /allow_partial_copy/);
    assert.deepEqual(leaks(server), {});
  });

  it('goes to the next zone when one has no room', async () => {
    await start({ kind: 'no-capacity', zones: ['us-east-1a'] });
    for (let attempt = 0; attempt < 3; attempt++) {
      const { error } = await bake({
        ...minimal(server),
        ami_name: `image ${attempt}`,
        subnet_filter: { filters: { 'vpc-id': '*' }, random: true },
      });
      assert.equal(error, undefined);
    }
    const zones = callsOf(server, 'RunInstances').length;
    assert.ok(zones >= 3);
    assert.deepEqual(leaks(server), {});
  });

  it('goes to the next zone when one has no spot capacity', async () => {
    await start({ kind: 'no-capacity', zones: ['us-east-1a'], only: 'spot' });
    const { error, run } = await bake({ ...minimal(server), spot_price: 'auto', availability_zone: '' });
    assert.equal(error, undefined);
    assert.match(run.ui.said.join('\n'), /no spot capacity .* now\.\nTrying us-east-1\w/);
    const templates = callsOf(server, 'CreateLaunchTemplate').length;
    assert.ok(templates > 1, 'each place has a launch template of its own');
    assert.equal(callsOf(server, 'DeleteLaunchTemplate').length, templates);
    assert.deepEqual(leaks(server), {});
  });

  it('says so when no zone has spot capacity, and leaves nothing', async () => {
    await start({ kind: 'no-capacity', only: 'spot' });
    const { error } = await bake({ ...minimal(server), spot_price: 'auto' });
    assert.match((error as Error).message, /^AWS gave no spot instance: .*InsufficientInstanceCapacity/);
    assert.deepEqual(leaks(server), {});
  }).timeout(60_000);

  it('corrects for a clock that is an hour off', async () => {
    server = await hollowEc2(folder(), { faults: { clockOffset: 3600, faults: [] } });
    const { error } = await bake(minimal(server));
    assert.equal(error, undefined);
    assert.deepEqual(leaks(server), {});
  });
});
