import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { plugin } from '../../../post-processors/ami/index.ts';
import { createAws } from '../../../src/aws/client/index.ts';
import type { Fault } from '../../../src/local-ec2/faults/plan.ts';
import type { LocalEc2 } from '../../../src/local-ec2/index.ts';
import { KilnError } from '../../../src/sdk/errors.ts';
import { bake, hollowEc2, leaks, minimal } from '../../helpers/ebs-bake.ts';
import { testPostProcess, testPrepare, testRun } from '../../helpers/run-context.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const never = new AbortController().signal;

describe('replacing an image of the same name', () => {
  let server: LocalEc2;
  afterEach(() => server.close());
  // After the server's own hook: its folder goes last.
  const folder = tempFolders();
  const start = async (...faults: readonly Fault[]): Promise<void> => {
    server = await hollowEc2(folder(), { faults: { faults } });
  };
  const actions = (from: number): string[] =>
    server.calls
      .slice(from)
      .map(call => call.action)
      .filter(action => /Image$|Snapshot$/.test(action));

  it('removes the old one only after the new snapshot is complete', async () => {
    await start();
    await bake(minimal(server));
    const [old] = server.state().images;
    const before = server.calls.length;
    const { error } = await bake({ ...minimal(server), force_deregister: true, force_delete_snapshot: true });
    assert.equal(error, undefined);
    assert.deepEqual(actions(before), ['CreateSnapshot', 'DeregisterImage', 'RegisterImage', 'DeleteSnapshot']);
    const [image, ...others] = server.state().images;
    assert.deepEqual(others, []);
    assert.notEqual(image?.id, old?.id);
    assert.equal(image?.name, old?.name);
    assert.deepEqual(leaks(server), {});
  });

  it('keeps the old snapshots without force_delete_snapshot', async () => {
    await start();
    await bake(minimal(server));
    await bake({ ...minimal(server), force_deregister: true });
    assert.equal(server.state().snapshots.length, 2);
  });

  it('-force does the same', async () => {
    await start();
    await bake(minimal(server));
    const { error } = await bake(minimal(server), { build: { force: true } });
    assert.equal(error, undefined);
    assert.equal(server.state().images.length, 1);
  });

  it('just creates the image when there is nothing to replace', async () => {
    await start();
    const { error } = await bake({ ...minimal(server), force_deregister: true });
    assert.equal(error, undefined);
    assert.deepEqual(actions(0), ['CreateImage']);
  });

  it('leaves the old one alone when the new snapshot fails', async () => {
    await start({ kind: 'failed-state', resource: 'snapshot', message: 'broken' });
    await bake(minimal(server));
    const old = server.state().images;
    const { error } = await bake({ ...minimal(server), force_deregister: true });
    assert.match((error as Error).message, /could not make snapshot snap-\w+ in us-east-1: broken/);
    assert.deepEqual(server.state().images, old);
    assert.deepEqual(leaks(server), {});
  });

  it('registers the old one again when the new one cannot be registered', async () => {
    await start({ kind: 'error', actions: ['RegisterImage'], code: 'InvalidParameterValue', times: 1 });
    await bake({ ...minimal(server), tags: { keep: 'me' } });
    const [old] = server.state().images;
    const { error, run } = await bake({ ...minimal(server), force_deregister: true });
    assert.match((error as Error).message, /refused RegisterImage/);
    const [back, ...others] = server.state().images;
    assert.deepEqual(others, []);
    assert.equal(back?.name, old?.name);
    assert.equal(back?.tags.keep, 'me');
    assert.equal(server.state().snapshots.length, 1);
    assert.match(run.ui.said.join('\n'), /is registered again as ami-/);
    assert.deepEqual(leaks(server), {});
  });

  it('brings the old one back shared and deprecated as it was', async () => {
    const published = { ami_users: ['123456789012'], ami_groups: ['all'], deprecate_at: '2031-05-01T00:00:00Z' };
    await start({ kind: 'error', actions: ['RegisterImage'], code: 'InvalidParameterValue', times: 1 });
    await bake({ ...minimal(server), ...published, ami_description: 'the first' });
    const { error } = await bake({ ...minimal(server), force_deregister: true });
    assert.match((error as Error).message, /refused RegisterImage/);
    const ec2 = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
    const { Images: [back, ...others] = [] } = await ec2.describeImages({ Owners: ['self'] }, never);
    assert.ok(back && others.length === 0);
    assert.deepEqual([back.Description, back.DeprecationTime], ['the first', '2031-05-01T00:00:00.000Z']);
    const asked = { ImageId: back.ImageId, Attribute: 'launchPermission' as const };
    const { LaunchPermissions } = await ec2.describeImageAttribute(asked, never);
    assert.deepEqual(LaunchPermissions, [{ Group: 'all' }, { UserId: '123456789012' }]);
    assert.deepEqual(leaks(server), {});
  });

  it('replaces it although its sharing may not be read', async () => {
    await start({ kind: 'error', actions: ['DescribeImageAttribute'], code: 'UnauthorizedOperation' });
    await bake(minimal(server));
    const { error } = await bake({ ...minimal(server), force_deregister: true });
    assert.equal(error, undefined);
  });

  it('refuses, before anything is launched, to replace one that is protected from deregistration', async () => {
    await start();
    await bake({ ...minimal(server), deregistration_protection: { enabled: true } });
    const before = server.calls.length;
    const { error } = await bake({ ...minimal(server), force_deregister: true });
    assert.ok(error instanceof KilnError);
    assert.match(error.message, /^AMI ami-\w+ "an-image" in us-east-1 cannot be replaced: it is protected/);
    assert.match(error.hint ?? '', /disable-image-deregistration-protection --region us-east-1 --image-id ami-\w+$/);
    const called = server.calls.slice(before).map(call => call.action);
    assert.deepEqual(
      called.filter(action => !action.startsWith('Describe')),
      [],
    );
  });

  for (const [what, fault] of [
    ['is refused', { kind: 'error', actions: ['CopyImage'], code: 'UnauthorizedOperation', after: 1, times: 1 }],
    ['fails in the end', { kind: 'failed-state', resource: 'image', message: 'broken', after: 2, times: 1 }],
  ] as const satisfies readonly (readonly [string, Fault])[])
    it(`brings back the old one of a region whose copy ${what}, when allow_partial_copy lets the others stay`, async () => {
      await start(fault);
      const options = { ...minimal(server), ami_regions: ['eu-west-1'] };
      await bake(options);
      const old = server.state().images.find(image => image.region === 'eu-west-1');
      const swap = { force_deregister: true, force_delete_snapshot: true, allow_partial_copy: true };
      const { error, run, artifact } = await bake({ ...options, ...swap, tags: { new: 'yes' } });
      assert.equal(error, undefined);
      assert.match(artifact?.id ?? '', /^us-east-1:ami-\w+$/);
      const images = server.state().images;
      assert.deepEqual(images.map(image => [image.region, image.name, image.state, image.tags.new]).sort(), [
        ['eu-west-1', 'an-image', 'available', undefined],
        ['us-east-1', 'an-image', 'available', 'yes'],
      ]);
      assert.notEqual(images.find(image => image.region === 'eu-west-1')?.id, old?.id);
      assert.equal(server.state().snapshots.length, 2);
      assert.match(run.ui.said.join('\n'), /The old image is back/);
      assert.deepEqual(leaks(server), {});
    });

  it('refuses to replace a protected copy before anything is deregistered', async () => {
    await start();
    await bake({ ...minimal(server), ami_regions: ['eu-west-1'] });
    const west = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2('eu-west-1');
    const ImageId = server.state().images.find(image => image.region === 'eu-west-1')?.id ?? '';
    await west.enableImageDeregistrationProtection({ ImageId }, never);
    const old = server.state().images;
    const { error } = await bake({ ...minimal(server), ami_regions: ['eu-west-1'], force_deregister: true });
    assert.match(String(error), /in eu-west-1 cannot be replaced: it is protected/);
    assert.deepEqual(
      server
        .state()
        .images.map(image => `${image.region} ${image.name}`)
        .sort(),
      old.map(image => `${image.region} ${image.name}`).sort(),
    );
    assert.deepEqual(leaks(server), {});
  });

  it('replaces the copies in other regions too', async () => {
    await start();
    const options = { ...minimal(server), ami_regions: ['eu-west-1'] };
    await bake(options);
    const old = server.state().images.map(image => image.id);
    const { error } = await bake({ ...options, force_deregister: true, force_delete_snapshot: true });
    assert.equal(error, undefined);
    const now = server.state().images;
    assert.deepEqual(now.map(image => image.region).sort(), ['eu-west-1', 'us-east-1']);
    assert.ok(now.every(image => !old.includes(image.id)));
    assert.deepEqual(leaks(server), {});
  });

  it('brings back the old ones of all regions when a copy fails', async () => {
    await start({ kind: 'error', actions: ['CopyImage'], code: 'UnauthorizedOperation', after: 1, times: 1 });
    const options = { ...minimal(server), ami_regions: ['eu-west-1'] };
    await bake(options);
    const { error } = await bake({ ...options, force_deregister: true });
    assert.match((error as Error).message, /^copying AMI ami-\w+ failed: EC2 refused CopyImage in eu-west-1: /);
    assert.deepEqual(
      server
        .state()
        .images.map(image => `${image.region} ${image.name}`)
        .sort(),
      ['eu-west-1 an-image', 'us-east-1 an-image'],
    );
    assert.deepEqual(leaks(server), {});
  });
});

describe('the ami post-processor', () => {
  it('refuses a machine that is no EC2 instance', async () => {
    const prepared = await plugin.prepare({ ami_name: 'abc' }, testPrepare());
    assert.equal(prepared.needsMachine, true);
    await assert.rejects(prepared.process(testPostProcess(testRun(), undefined)), /needs an EC2 instance/);
  });

  it('checks its options', async () => {
    const context = testPrepare();
    await plugin.prepare({ ami_name: 'a:b', kms_key_id: 'alias/a' }, context);
    assert.deepEqual(
      context.complaints.map(one => one.path),
      ['ami_name', 'kms_key_id'],
    );
  });
});
