import assert from 'node:assert/strict';
import {
  CopyImageCommand,
  CreateImageCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DisableImageDeregistrationProtectionCommand,
  type EC2Client,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
  type Image,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
  RegisterImageCommand,
  ResetImageAttributeCommand,
  type RunInstancesCommandInput,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { after, before, describe, it } from 'mocha';
import { codeOf, errorOf, imageOf, instanceOf, launch, type TestEc2, testEc2, untilState } from '../helpers.ts';

describe('local EC2: from instance to image', () => {
  let ec2: TestEc2;
  let client: EC2Client;
  before(async () => {
    ec2 = await testEc2();
    client = ec2.client();
  });
  after(() => ec2.close());

  async function bake(
    name: string,
    more: Partial<RunInstancesCommandInput> = {},
  ): Promise<Image & { ImageId: string }> {
    const { InstanceId } = await launch(client, more);
    await untilState(client, InstanceId, 'running');
    await client.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'stopped');
    const { ImageId = '' } = await client.send(new CreateImageCommand({ InstanceId, Name: name }));
    const image = await imageOf(client, ImageId);
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'terminated');
    return { ...image, ImageId };
  }

  it('goes the whole way and leaves the image and its snapshot only', async () => {
    const image = await bake('whole-way');
    assert.equal(image.Name, 'whole-way');
    assert.equal(image.OwnerId, ec2.server.accountId);
    assert.equal(image.RootDeviceType, 'ebs');
    assert.match(image.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '', /^snap-0[0-9a-f]{16}$/);
    const { instances, volumes, snapshots, images } = ec2.server.state();
    assert.deepEqual([instances.length, volumes.length, snapshots.length, images.length], [0, 0, 1, 1]);
    await client.send(new DeregisterImageCommand({ ImageId: image.ImageId }));
    await client.send(new DeleteSnapshotCommand({ SnapshotId: snapshots[0]?.id }));
    assert.deepEqual([ec2.server.state().images, ec2.server.state().snapshots], [[], []]);
  });

  it('tags image and snapshots, and lays mappings over those of the instance', async () => {
    const { InstanceId } = await launch(client, {
      BlockDeviceMappings: [
        { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 12, VolumeType: 'gp3', Iops: 4000, Throughput: 250 } },
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2, Encrypted: true } },
      ],
    });
    await untilState(client, InstanceId, 'running');
    const { ImageId = '' } = await client.send(
      new CreateImageCommand({
        InstanceId,
        Name: 'mapped',
        Description: 'with disks',
        NoReboot: true,
        BlockDeviceMappings: [
          { DeviceName: '/dev/sdb', VirtualName: 'ephemeral0' },
          { DeviceName: '/dev/sdc', Ebs: { VolumeSize: 3, DeleteOnTermination: false } },
        ],
        TagSpecifications: [
          { ResourceType: 'image', Tags: [{ Key: 'what', Value: 'image' }] },
          { ResourceType: 'snapshot', Tags: [{ Key: 'what', Value: 'snapshot' }] },
        ],
      }),
    );
    const image = await imageOf(client, ImageId);
    assert.deepEqual(image.Tags, [{ Key: 'what', Value: 'image' }]);
    const by = new Map(image.BlockDeviceMappings?.map(one => [one.DeviceName, one]));
    assert.deepEqual([...by.keys()].sort(), ['/dev/sda1', '/dev/sdb', '/dev/sdc', '/dev/sdf']);
    const root = by.get('/dev/sda1')?.Ebs;
    assert.deepEqual([root?.VolumeSize, root?.VolumeType, root?.Iops, root?.Throughput], [12, 'gp3', 4000, 250]);
    assert.equal(by.get('/dev/sdf')?.Ebs?.Encrypted, true);
    assert.equal(by.get('/dev/sdb')?.VirtualName, 'ephemeral0');
    assert.deepEqual([by.get('/dev/sdc')?.Ebs?.VolumeSize, by.get('/dev/sdc')?.Ebs?.SnapshotId], [3, undefined]);
    const { Snapshots } = await client.send(
      new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: [{ Name: 'tag:what', Values: ['snapshot'] }] }),
    );
    assert.equal(Snapshots?.length, 2);
    assert.ok(
      Snapshots?.every(
        one => one.Description === `Created by CreateImage(${InstanceId}) for ${ImageId}` && one.Progress === '100%',
      ),
    );
    assert.equal((await instanceOf(client, InstanceId)).State?.Name, 'running');
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  });

  it('answers wrong CreateImage calls as EC2 does', async () => {
    const { InstanceId } = await launch(client);
    const create = (Name: string, id = InstanceId) => client.send(new CreateImageCommand({ InstanceId: id, Name }));
    await untilState(client, InstanceId, 'running');
    const first = await create('taken');
    const taken = await errorOf(create('taken'));
    assert.deepEqual(
      [taken.name, taken.message],
      ['InvalidAMIName.Duplicate', `AMI name taken is already in use by AMI ${first.ImageId}`],
    );
    for (const name of ['ab', 'a'.repeat(129), 'colon:name', 'naïve'])
      assert.equal(await codeOf(create(name)), 'InvalidAMIName.Malformed', name);
    assert.equal(await codeOf(create('no-such', 'i-0123456789abcdef0')), 'InvalidInstanceID.NotFound');
    assert.equal(await codeOf(create('no-such', 'x-1')), 'InvalidInstanceID.Malformed');
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'terminated');
    const gone = await errorOf(create('gone-instance'));
    assert.deepEqual([gone.name, /Instance is not in state/.test(gone.message)], ['InvalidParameterValue', true]);
  });

  it('copies across regions, encrypts, and is idempotent by token', async () => {
    const image = await bake('to-copy');
    const west = ec2.client('us-west-2');
    const request = {
      Name: 'copied',
      SourceImageId: image.ImageId,
      SourceRegion: 'us-east-1',
      Encrypted: true,
      KmsKeyId: 'alias/mine',
      ClientToken: 'token-1',
      CopyImageTags: true,
    };
    const { ImageId = '' } = await west.send(new CopyImageCommand(request));
    assert.equal((await west.send(new CopyImageCommand(request))).ImageId, ImageId);
    assert.equal(
      await codeOf(west.send(new CopyImageCommand({ ...request, Name: 'other' }))),
      'IdempotentParameterMismatch',
    );
    const copy = await imageOf(west, ImageId);
    assert.deepEqual([copy.SourceImageId, copy.SourceImageRegion, copy.Name], [image.ImageId, 'us-east-1', 'copied']);
    const { Snapshots } = await west.send(
      new DescribeSnapshotsCommand({ SnapshotIds: [copy.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? ''] }),
    );
    assert.equal(Snapshots?.[0]?.Encrypted, true);
    assert.equal(Snapshots?.[0]?.KmsKeyId, `arn:aws:kms:us-west-2:${ec2.server.accountId}:alias/mine`);
    // Each region has its own images.
    assert.equal(
      await codeOf(
        ec2
          .client('eu-west-1')
          .send(
            new CopyImageCommand({ ...request, SourceRegion: 'eu-west-1', SourceImageId: 'ami-0bad0000000000001' }),
          ),
      ),
      'InvalidAMIID.NotFound',
    );
    assert.equal(
      await codeOf(west.send(new CopyImageCommand({ ...request, ClientToken: 'x', Encrypted: false }))),
      'InvalidParameterDependency',
    );
    assert.equal(
      await codeOf(west.send(new CopyImageCommand({ ...request, ClientToken: 'y', SourceRegion: 'mars-1' }))),
      'InvalidParameterValue',
    );
    assert.equal(
      await codeOf(
        west.send(
          new CopyImageCommand({
            ...request,
            ClientToken: 'z',
            Name: 'timed',
            SnapshotCopyCompletionDurationMinutes: 20,
          }),
        ),
      ),
      'InvalidParameterValue',
    );
    // A key of another region is found out only later.
    const foreign = await west.send(
      new CopyImageCommand({
        ...request,
        ClientToken: 'w',
        Name: 'foreign-key',
        KmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/abc',
      }),
    );
    const failed = await imageOf(west, foreign.ImageId ?? '', 'failed');
    assert.match(failed.StateReason?.Message ?? '', /KMS key .* is not usable in us-west-2/);
  });

  it('registers an image of a snapshot, which then cannot be deleted', async () => {
    const image = await bake('to-register');
    const SnapshotId = image.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
    const request = {
      Name: 'registered',
      RootDeviceName: '/dev/xvda',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      EnaSupport: true,
      BootMode: 'uefi',
      TpmSupport: 'v2.0',
      ImdsSupport: 'v2.0',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
    } as const;
    const { ImageId = '' } = await client.send(
      new RegisterImageCommand({ ...request, BlockDeviceMappings: [...request.BlockDeviceMappings] }),
    );
    const made = await imageOf(client, ImageId);
    assert.deepEqual(
      [made.BootMode, made.TpmSupport, made.ImdsSupport, made.RootDeviceName],
      ['uefi', 'v2.0', 'v2.0', '/dev/xvda'],
    );
    assert.equal((await launch(client, { ImageId })).MetadataOptions?.HttpTokens, 'required');

    await client.send(new DeregisterImageCommand({ ImageId: image.ImageId }));
    assert.equal(await codeOf(client.send(new DeleteSnapshotCommand({ SnapshotId }))), 'InvalidSnapshot.InUse');
    const reply = await client.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
    assert.deepEqual(reply.DeleteSnapshotResults, [{ SnapshotId, ReturnCode: 'success' }]);
    assert.equal(
      await codeOf(client.send(new DescribeImagesCommand({ ImageIds: [ImageId] }))),
      'InvalidAMIID.NotFound',
    );
    assert.equal(
      await codeOf(client.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }))),
      'InvalidSnapshot.NotFound',
    );

    const wrong = (change: object) =>
      codeOf(client.send(new RegisterImageCommand({ Name: 'wrong', RootDeviceName: '/dev/xvda', ...change })));
    assert.equal(await wrong({}), 'InvalidBlockDeviceMapping');
    assert.equal(
      await wrong({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }] }),
      'InvalidSnapshot.NotFound',
    );
    assert.equal(await wrong({ TpmSupport: 'v2.0' }), 'InvalidParameterCombination');
    assert.equal(await wrong({ Architecture: 'vax' }), 'InvalidParameterValue');
  });

  it('shares, deprecates, protects and describes', async () => {
    const { ImageId, BlockDeviceMappings } = await bake('attributes');
    const modify = (change: object) => client.send(new ModifyImageAttributeCommand({ ImageId, ...change }));
    const org = 'arn:aws:organizations::123456789012:organization/o-abcdefghij';
    await modify({
      LaunchPermission: { Add: [{ UserId: '123456789012' }, { Group: 'all' }, { OrganizationArn: org }] },
    });
    await modify({ Attribute: 'launchPermission', OperationType: 'remove', UserGroups: ['all'] });
    await modify({ Description: { Value: 'new words' } });
    await modify({ ImdsSupport: { Value: 'v2.0' } });
    await modify({ ProductCodes: ['abc123'] });
    const permissions = async (): Promise<unknown> =>
      (await client.send(new DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' })))
        .LaunchPermissions;
    assert.deepEqual(await permissions(), [{ UserId: '123456789012' }, { OrganizationArn: org }]);
    assert.equal(
      await codeOf(modify({ LaunchPermission: { Add: [{ UserId: 'bob' }] } })),
      'InvalidAMIAttributeItemValue',
    );
    assert.equal(
      await codeOf(modify({ LaunchPermission: { Add: [{ Group: 'some' }] } })),
      'InvalidAMIAttributeItemValue',
    );
    assert.equal(await codeOf(modify({ ImdsSupport: { Value: 'v1.0' } })), 'InvalidParameterValue');
    assert.equal(await codeOf(modify({})), 'MissingParameter');
    await client.send(new ResetImageAttributeCommand({ ImageId, Attribute: 'launchPermission' }));
    assert.deepEqual(await permissions(), []);

    const at = new Date(Date.now() + 86_400_000);
    at.setUTCSeconds(0, 0);
    await client.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: at }));
    assert.equal(
      await codeOf(client.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: new Date(0) }))),
      'InvalidParameterValue',
    );
    await client.send(new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown: true }));
    assert.equal(await codeOf(client.send(new DeregisterImageCommand({ ImageId }))), 'OperationNotPermitted');
    const image = await imageOf(client, ImageId);
    assert.deepEqual(
      [
        image.Description,
        image.ImdsSupport,
        image.ProductCodes?.[0]?.ProductCodeId,
        image.DeprecationTime,
        image.DeregistrationProtection,
      ],
      ['new words', 'v2.0', 'abc123', at.toISOString(), 'enabled-with-cooldown'],
    );
    await client.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));

    const SnapshotId = BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
    const share = { Add: [{ UserId: '123456789012' }, { Group: 'all' as const }] };
    await client.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission: share }));
    const { CreateVolumePermissions } = await client.send(
      new DescribeSnapshotAttributeCommand({ SnapshotId, Attribute: 'createVolumePermission' }),
    );
    assert.deepEqual(CreateVolumePermissions, [{ Group: 'all' }, { UserId: '123456789012' }]);
    await client.send(new DeregisterImageCommand({ ImageId }));
  });

  it('finds images by owner, filter, wildcard and page', async () => {
    await bake('find-b');
    await bake('find-a');
    const names = async (Values: string[], more: object = {}): Promise<(string | undefined)[]> => {
      const { Images } = await client.send(
        new DescribeImagesCommand({ Owners: ['self'], Filters: [{ Name: 'name', Values }], ...more }),
      );
      return Images?.map(one => one.Name).sort() ?? [];
    };
    assert.deepEqual(await names(['find-?']), ['find-a', 'find-b']);
    assert.deepEqual(await names(['find-a', 'nothing']), ['find-a']);
    assert.deepEqual(
      await names(['find-*'], {
        Filters: [
          { Name: 'name', Values: ['find-*'] },
          { Name: 'state', Values: ['failed'] },
        ],
      }),
      [],
    );
    assert.equal(
      await codeOf(names(['x'], { Filters: [{ Name: 'colour', Values: ['red'] }] })),
      'InvalidParameterValue',
    );
    const seen: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const reply = await client.send(
        new DescribeImagesCommand({ Owners: ['self'], MaxResults: 1, ...(NextToken && { NextToken }) }),
      );
      assert.equal(reply.Images?.length, 1);
      seen.push(reply.Images?.[0]?.Name);
      NextToken = reply.NextToken;
    } while (NextToken);
    assert.ok(seen.includes('find-a') && seen.includes('find-b'));
    assert.equal(new Set(seen).size, seen.length);
    assert.equal(
      await codeOf(client.send(new DescribeImagesCommand({ NextToken: 'garbage' }))),
      'InvalidPaginationToken',
    );
  });

  it('keeps volumes that are not to be deleted with the instance', async () => {
    const { InstanceId } = await launch(client, {
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1, DeleteOnTermination: false } }],
    });
    await untilState(client, InstanceId, 'running');
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'terminated');
    const { Volumes } = await client.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'status', Values: ['available'] }] }),
    );
    assert.deepEqual(
      Volumes?.map(one => one.Size),
      [1],
    );
  });
});
