import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plugin } from '../../../builders/amazon-ebssurrogate/index.ts';
import type { SurrogateOptions } from '../../../builders/amazon-ebssurrogate/schema.ts';
import { createAws, type Ec2 } from '../../../src/aws/client/index.ts';
import type { Image } from '../../../src/aws/types.ts';
import type { LocalEc2, LocalEc2Options } from '../../../src/local-ec2/index.ts';
import { type BuilderBakeOptions, bakeBuilder } from '../../helpers/amazon-bake.ts';
import { type Baked, callsOf, hollowEc2, leaks, minimal, SOURCE } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const never = new AbortController().signal;

/** A surrogate, a data volume, and one that is only needed while building. */
const DEVICES = [
  { device_name: '/dev/sdf', volume_size: 3, volume_type: 'gp3', delete_on_termination: true },
  { device_name: '/dev/sdg', volume_size: 2, delete_on_termination: true },
  { device_name: '/dev/sdh', volume_size: 1, delete_on_termination: true, omit_from_artifact: true },
] as const;

describe('an amazon-ebssurrogate bake', () => {
  let server: LocalEc2;
  let ec2: Ec2;
  const start = async (options: Partial<LocalEc2Options> = {}): Promise<void> => {
    server = await hollowEc2(folder(), options);
    ec2 = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
  };
  beforeEach(() => start());
  afterEach(() => server.close());
  const folder = tempFolders();

  const bake = (options: Partial<SurrogateOptions> = {}, extra?: BuilderBakeOptions): Promise<Baked> =>
    bakeBuilder(
      plugin,
      {
        ...minimal(server),
        ami_virtualization_type: 'hvm',
        launch_block_device_mappings: DEVICES,
        ami_root_device: { source_device_name: '/dev/sdf', device_name: '/dev/xvda' },
        ...options,
      } as SurrogateOptions,
      extra,
    );
  const baked = async (options: Partial<SurrogateOptions> = {}, perImage = 2): Promise<Baked> => {
    const result = await bake(options);
    if (result.error) throw result.error;
    assert.deepEqual(result.undoFailures, []);
    assert.deepEqual(leaks(server, perImage), {});
    return result;
  };
  const imageOf = async ({ artifact }: Baked): Promise<Image> => {
    const id = /us-east-1:(ami-\w+)/.exec(artifact?.id ?? '')?.[1] ?? '';
    const image = (await ec2.describeImages({ ImageIds: [id] }, never)).Images?.[0];
    assert.ok(image);
    return image;
  };
  /** Device names of an image with size and snapshot's source volume. */
  const devicesOf = (image: Image): string[] =>
    (image.BlockDeviceMappings ?? []).map(one => `${one.DeviceName} ${one.Ebs?.VolumeSize}`).sort();

  describe('by snapshots and RegisterImage', () => {
    it('makes the surrogate the root, leaves out what is to be omitted, and leaves nothing else', async () => {
      const result = await baked();
      const image = await imageOf(result);
      assert.equal(result.artifact?.builderId, 'mitchellh.amazon.ebssurrogate');
      assert.equal(image.Name, 'an-image');
      assert.equal(image.RootDeviceName, '/dev/xvda');
      assert.equal(image.VirtualizationType, 'hvm');
      assert.equal(image.Architecture, 'x86_64');
      assert.deepEqual(devicesOf(image), ['/dev/sdg 2', '/dev/xvda 3']);
      assert.deepEqual(callsOf(server, 'CreateImage'), []);
      const order = server.calls.map(call => call.action).filter(one => /^(Stop|CreateSnapshot|Register)/.test(one));
      assert.deepEqual(order, ['StopInstances', 'CreateSnapshot', 'CreateSnapshot', 'RegisterImage']);
    });

    it('passes on architecture, boot mode, UEFI data, TPM and enhanced networking', async () => {
      await baked({
        ami_architecture: 'x86_64',
        boot_mode: 'uefi',
        uefi_data: 'AAAA',
        tpm_support: 'v2.0',
        ena_support: true,
        sriov_support: true,
        imds_support: 'v2.0',
      });
      const [request] = callsOf(server, 'RegisterImage');
      assert.deepEqual(
        [request?.BootMode, request?.UefiData, request?.TpmSupport, request?.EnaSupport, request?.SriovNetSupport],
        ['uefi', 'AAAA', 'v2.0', 'true', 'simple'],
      );
      assert.equal(callsOf(server, 'ModifyInstanceAttribute').length, 2);
    });

    it('keeps encryption out of the request: the snapshots carry it', async () => {
      await baked(
        {
          launch_block_device_mappings: [
            {
              device_name: '/dev/sdf',
              volume_size: 1,
              encrypted: true,
              kms_key_id: 'alias/disk',
              delete_on_termination: true,
            },
          ],
        },
        1,
      );
      const mapping = JSON.stringify(callsOf(server, 'RegisterImage')[0]?.BlockDeviceMapping);
      assert.doesNotMatch(mapping, /Encrypted|KmsKeyId/);
      const { Snapshots = [] } = await ec2.describeSnapshots({ OwnerIds: ['self'] }, never);
      assert.equal(Snapshots[0]?.Encrypted, true);
    });

    it('lays launch devices over ami_block_device_mappings of the same name', async () => {
      const result = await baked({
        ami_block_device_mappings: [
          { device_name: '/dev/sdg', volume_size: 50 },
          { device_name: '/dev/sdk', volume_size: 9 },
          { device_name: '/dev/sdl', virtual_name: 'ephemeral0' },
        ],
      });
      const image = await imageOf(result);
      assert.deepEqual(devicesOf(image), ['/dev/sdg 2', '/dev/sdk 9', '/dev/sdl undefined', '/dev/xvda 3']);
    });

    it('describes and tags the snapshots, and does not give run_tags to the image', async () => {
      const result = await baked({
        snapshot_description: 'the surrogate',
        run_tags: { Purpose: 'build' },
        tags: { Base: '{{ .SourceAMI }}' },
        snapshot_tags: { Snap: '{{ .BuildRegion }}' },
        ami_description: 'from {{ .SourceAMI }}',
      });
      const image = await imageOf(result);
      const { Snapshots = [] } = await ec2.describeSnapshots({ OwnerIds: ['self'] }, never);
      for (const one of Snapshots) assert.equal(one.Description, 'the surrogate');
      for (const one of server.state().snapshots) {
        assert.equal(one.tags.Base, SOURCE);
        assert.equal(one.tags.Snap, 'us-east-1');
        assert.equal(one.tags['kiln:expires'], 'never');
      }
      const tags = server.state().images[0]?.tags ?? {};
      assert.deepEqual([tags.Base, tags.Purpose], [SOURCE, undefined]);
      assert.equal(image.Description, `from ${SOURCE}`);
    });

    it('copies, encrypts and shares like any image', async () => {
      const result = await baked({
        ami_regions: ['eu-west-1'],
        encrypt_boot: true,
        kms_key_id: 'alias/build',
        region_kms_key_ids: { 'eu-west-1': 'alias/there' },
        ami_users: ['111122223333'],
      });
      assert.match(result.artifact?.id ?? '', /^eu-west-1:ami-\w+,us-east-1:ami-\w+$/);
      assert.equal(callsOf(server, 'CopyImage').length, 2);
      const attribute = await ec2.describeImageAttribute(
        { ImageId: (await imageOf(result)).ImageId, Attribute: 'launchPermission' },
        never,
      );
      assert.equal(attribute.LaunchPermissions?.[0]?.UserId, '111122223333');
    });

    it('replaces an image of the name, whose name is free only for a moment', async () => {
      await baked();
      await baked({ force_deregister: true, force_delete_snapshot: true });
      assert.equal(server.state().images.length, 1);
      const order = server.calls
        .map(call => call.action)
        .filter(one => /^(CreateSnapshot|Deregister|Register)/.test(one));
      assert.deepEqual(order.slice(-4), ['CreateSnapshot', 'CreateSnapshot', 'DeregisterImage', 'RegisterImage']);
    });

    it('works on a spot instance, which is neither stopped nor modified', async () => {
      await baked({
        instance_type: undefined,
        spot_instance_types: ['m5.large'],
        spot_price: 'auto',
        ena_support: true,
      });
      assert.deepEqual(callsOf(server, 'StopInstances'), []);
      assert.deepEqual(callsOf(server, 'ModifyInstanceAttribute'), []);
    });
  });

  describe('with use_create_image', () => {
    const swap = {
      use_create_image: true,
      ami_root_device: { source_device_name: '/dev/sdf', device_name: '/dev/sda1' },
    };

    it('swaps the root volume and makes an image of the instance, leaving nothing else', async () => {
      const result = await baked(swap);
      const image = await imageOf(result);
      assert.equal(image.RootDeviceName, '/dev/sda1');
      assert.deepEqual(devicesOf(image), ['/dev/sda1 3', '/dev/sdg 2']);
      assert.deepEqual(callsOf(server, 'RegisterImage'), []);
      assert.deepEqual(
        callsOf(server, 'AttachVolume').map(call => call.Device),
        ['/dev/sda1'],
      );
      assert.equal(callsOf(server, 'DetachVolume').filter(call => call.Force === undefined).length, 3);
    });

    it('gives run_tags to the image, unless told otherwise', async () => {
      await baked({ ...swap, run_tags: { Purpose: 'build' } });
      assert.equal(server.state().images[0]?.tags.Purpose, 'build');
      await baked({ ...swap, run_tags: { Purpose: 'build' }, skip_ami_run_tags: true, ami_name: 'second' });
      assert.equal(server.state().images.find(one => one.name === 'second')?.tags.Purpose, undefined);
    });

    it('keeps an image of the name until the new one is complete', async () => {
      await baked(swap);
      await baked({ ...swap, force_deregister: true, force_delete_snapshot: true });
      assert.equal(server.state().images.length, 1);
      const order = server.calls
        .map(call => call.action)
        .filter(one => /^(CreateImage|Deregister|CopyImage)/.test(one));
      assert.deepEqual(order.slice(1), ['CreateImage', 'DeregisterImage', 'CopyImage', 'DeregisterImage']);
    });
  });

  it('says that a snapshot does not exist, leaving nothing', async () => {
    const { error } = await bake({
      launch_block_device_mappings: [
        ...DEVICES,
        { device_name: '/dev/nvme1n1', volume_size: 1, snapshot_id: 'snap-0bad0000' },
      ],
    });
    assert.match((error as Error).message, /snap-0bad0000/);
    assert.deepEqual(leaks(server), {});
  });

  for (const use_create_image of [false, true]) {
    describe(`leaves nothing with use_create_image ${use_create_image}`, () => {
      it('when the image fails', async () => {
        await server.close();
        await start({
          faults: {
            faults: [
              {
                kind: 'error',
                actions: ['RegisterImage', 'CreateImage'],
                code: 'InvalidParameterValue',
                message: 'no',
              },
            ],
          },
        });
        const { error } = await bake({ use_create_image });
        assert.match((error as Error).message, /refused (RegisterImage|CreateImage)/);
        assert.deepEqual(leaks(server), {});
      });

      it('when answers are lost, but the image', async () => {
        await server.close();
        const lost = ['CreateSnapshot', 'RegisterImage', 'CreateImage', 'DetachVolume', 'AttachVolume'];
        await start({
          faults: { faults: lost.map(one => ({ kind: 'lost-reply', actions: [one], times: 1 }) as const) },
        });
        await baked({
          use_create_image,
          ami_root_device: { source_device_name: '/dev/sdf', device_name: '/dev/sda1' },
        });
        assert.equal(server.state().images.length, 1);
      }).timeout(60_000);

      it('when the build is cancelled', async () => {
        const cancelled = new AbortController();
        const { error } = await bake(
          { use_create_image },
          { signal: cancelled.signal, provision: async () => cancelled.abort(new Error('the user said stop')) },
        );
        assert.match(String(error), /the user said stop/);
        assert.deepEqual(leaks(server), {});
      });
    });
  }
});
