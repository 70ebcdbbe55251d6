import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plugin } from '../../../builders/amazon-ebsvolume/index.ts';
import type { EbsVolumeOptions } from '../../../builders/amazon-ebsvolume/schema.ts';
import { createAws, type Ec2 } from '../../../src/aws/client/index.ts';
import type { LocalEc2 } from '../../../src/local-ec2/index.ts';
import { type BuilderBakeOptions, bakeBuilder } from '../../helpers/amazon-bake.ts';
import { type Baked, callsOf, hollowEc2, leaks, minimal, SOURCE } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const never = new AbortController().signal;

function own(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('kiln:')));
}

describe('an amazon-ebsvolume bake', () => {
  let server: LocalEc2;
  let ec2: Ec2;
  beforeEach(async () => {
    server = await hollowEc2(folder());
    ec2 = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
  });
  afterEach(() => server.close());
  const folder = tempFolders();

  const bake = (options: Partial<EbsVolumeOptions>, extra?: BuilderBakeOptions): Promise<Baked> => {
    const { ami_name: _, ...rest } = minimal(server);
    return bakeBuilder(plugin, { ...rest, ...options } as EbsVolumeOptions, extra);
  };
  const baked = async (options: Partial<EbsVolumeOptions>, extra?: BuilderBakeOptions): Promise<Baked> => {
    const result = await bake(options, extra);
    if (result.error) throw result.error;
    assert.deepEqual(result.undoFailures, []);
    return result;
  };
  /** What is left besides volumes and snapshots. */
  const others = (): Record<string, number> => {
    const { volumes: _, 'snapshots beyond those of images': __, ...rest } = leaks(server);
    return rest;
  };

  it('keeps the volumes, and nothing else', async () => {
    const { artifact, run } = await baked({
      ebs_volumes: [
        { device_name: '/dev/sdf', volume_size: 2, volume_type: 'gp3' },
        { device_name: '/dev/sdg', volume_size: 1, delete_on_termination: true },
        { device_name: '/dev/sdh', virtual_name: 'ephemeral0' },
      ],
    });
    const [volume, ...more] = server.state().volumes;
    assert.deepEqual(more, []);
    assert.equal(volume?.state, 'available');
    assert.equal(volume?.tags['kiln:expires'], 'never');
    assert.equal(volume?.tags['kiln:run'], run.resources.runId);
    assert.equal(artifact?.builderId, 'mitchellh.amazon.ebsvolume');
    assert.equal(artifact?.id, `us-east-1:${volume?.id}`);
    assert.equal(artifact?.description, `EBS volumes were created:\nus-east-1: ${volume?.id}\n`);
    assert.deepEqual(others(), {});
    assert.deepEqual(server.state().snapshots, []);
    const { Volumes = [] } = await ec2.describeVolumes({}, never);
    assert.deepEqual([Volumes[0]?.Size, Volumes[0]?.VolumeType], [2, 'gp3']);
  });

  it('looks neither for a name nor at regions', async () => {
    const { run } = await baked({ ebs_volumes: [{ device_name: '/dev/sdf', volume_size: 1 }] });
    assert.deepEqual(callsOf(server, 'DescribeRegions'), []);
    assert.ok(!run.ui.said.some(text => /AMI name/i.test(text)));
    assert.deepEqual(callsOf(server, 'CreateImage'), []);
  });

  it('gives each volume its own tags in place of the temporary ones', async () => {
    await baked({
      run_volume_tags: { 'for {{ .SourceAMI }}': 'a while' },
      run_volume_tag: [{ key: 'also', value: 'for a while' }],
      ebs_volumes: [
        {
          device_name: '/dev/sdf',
          volume_size: 1,
          tags: { base: '{{ .SourceAMI }}' },
          tag: [{ key: 'n', value: '1' }],
        },
        { device_name: '/dev/sdg', volume_size: 1, tag: [{ key: 'n', value: '{{ .BuildRegion }}' }] },
      ],
    });
    const launch = JSON.stringify(callsOf(server, 'RunInstances')[0]?.TagSpecification);
    assert.match(launch, new RegExp(`for ${SOURCE}`));
    const tags = server.state().volumes.map(one => own(one.tags));
    assert.deepEqual(
      tags.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      [{ base: SOURCE, n: '1' }, { n: 'us-east-1' }],
    );
  });

  it('makes, tags and shares snapshots', async () => {
    const { artifact } = await baked({
      ebs_volumes: [
        {
          device_name: '/dev/sdf',
          volume_size: 1,
          snapshot_volume: true,
          snapshot_description: 'data of today',
          snapshot_tags: { of: '{{ .SourceAMI }}' },
          snapshot_tag: [{ key: 'more', value: 'yes' }],
          snapshot_users: ['111122223333'],
          snapshot_groups: ['all'],
        },
        { device_name: '/dev/sdg', volume_size: 1, snapshot_volume: true, delete_on_termination: true },
      ],
    });
    const { Snapshots = [] } = await ec2.describeSnapshots({ OwnerIds: ['self'] }, never);
    assert.equal(Snapshots.length, 2);
    const first = Snapshots.find(one => one.Description === 'data of today');
    const state = server.state().snapshots.find(one => one.id === first?.SnapshotId);
    assert.deepEqual(own(state?.tags ?? {}), { of: SOURCE, more: 'yes' });
    assert.equal(state?.tags['kiln:expires'], 'never');
    assert.match(Snapshots.find(one => one !== first)?.Description ?? '', /^Packer: \d{4}-/);
    const shared = JSON.stringify(callsOf(server, 'ModifySnapshotAttribute'));
    assert.match(shared, /111122223333/);
    assert.match(shared, /"Group":"all"/);
    const [volume] = server.state().volumes;
    const ids = [volume?.id, ...Snapshots.map(one => one.SnapshotId)].map(id => `us-east-1:${id}`).sort();
    assert.equal(artifact?.id, ids.join(','));
    assert.equal(server.state().volumes.length, 1);
    assert.deepEqual(others(), {});
  });

  it('destroys its volumes, not the snapshots', async () => {
    const { artifact } = await baked({
      ebs_volumes: [{ device_name: '/dev/sdf', volume_size: 1, snapshot_volume: true }],
    });
    await artifact?.destroy(never);
    assert.deepEqual(server.state().volumes, []);
    assert.equal(server.state().snapshots.length, 1);
  });

  it('switches ENA and SR-IOV after stopping', async () => {
    await baked({ ena_support: true, sriov_support: true });
    const order = server.calls.map(call => call.action).filter(one => /^(Stop|Modify)/.test(one));
    assert.deepEqual(order, ['StopInstances', 'ModifyInstanceAttribute', 'ModifyInstanceAttribute']);
  });

  it('works on a spot instance, which is not stopped', async () => {
    await baked({
      instance_type: undefined,
      spot_instance_types: ['m5.large'],
      spot_price: 'auto',
      ebs_volumes: [{ device_name: '/dev/sdf', volume_size: 1, snapshot_volume: true }],
    });
    assert.deepEqual(callsOf(server, 'StopInstances'), []);
    assert.deepEqual([server.state().volumes.length, server.state().snapshots.length], [1, 1]);
    assert.deepEqual(others(), {});
  });

  describe('leaves nothing', () => {
    const volumes = [{ device_name: '/dev/sdf', volume_size: 1, snapshot_volume: true }] as const;

    it('when provisioning fails', async () => {
      const { error } = await bake(
        { ebs_volumes: volumes },
        {
          provision: async () => {
            throw new Error('the script failed');
          },
        },
      );
      assert.match(String(error), /the script failed/);
      assert.deepEqual(leaks(server), {});
    });

    it('when the build is cancelled', async () => {
      const cancelled = new AbortController();
      const { error } = await bake(
        { ebs_volumes: volumes },
        { signal: cancelled.signal, provision: async () => cancelled.abort(new Error('the user said stop')) },
      );
      assert.match(String(error), /the user said stop/);
      assert.deepEqual(leaks(server), {});
    });

    it('but what it should when answers are lost', async () => {
      await server.close();
      const lost = ['RunInstances', 'CreateSnapshot', 'CreateTags', 'DeleteTags'];
      const faults = lost.map(action => ({ kind: 'lost-reply', actions: [action], times: 1 }) as const);
      server = await hollowEc2(folder(), { faults: { faults } });
      await baked({ ebs_volumes: volumes, run_volume_tags: { a: 'b' } });
      assert.deepEqual([server.state().volumes.length, server.state().snapshots.length], [1, 1]);
      assert.deepEqual(others(), {});
    }).timeout(30_000);

    it('when a snapshot fails', async () => {
      await server.close();
      const faults = [{ kind: 'failed-state', resource: 'snapshot', message: 'the disk broke' } as const];
      server = await hollowEc2(folder(), { faults: { faults } });
      const { error } = await bake({ ebs_volumes: volumes });
      assert.match((error as Error).message, /EC2 could not make snapshot snap-/);
      assert.deepEqual(leaks(server), {});
    });
  });
});
