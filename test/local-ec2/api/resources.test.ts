import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { constants, createPrivateKey, privateDecrypt } from 'node:crypto';
import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateFleetCommand,
  type CreateFleetCommandInput,
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateSnapshotsCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteKeyPairCommand,
  DeleteLaunchTemplateCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DescribeAvailabilityZonesCommand,
  DescribeFastLaunchImagesCommand,
  DescribeImportImageTasksCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  DetachVolumeCommand,
  type EC2Client,
  EnableFastLaunchCommand,
  GetPasswordDataCommand,
  ImportImageCommand,
  ImportKeyPairCommand,
  RevokeSecurityGroupIngressCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { after, before, describe, it } from 'mocha';
import ssh2 from 'ssh2';
import { codeOf, eventually, imageOf, launch, PUBLIC_IMAGE, type TestEc2, testEc2, untilState } from '../helpers.ts';

describe('local EC2: resources', () => {
  let ec2: TestEc2;
  let client: EC2Client;
  before(async () => {
    ec2 = await testEc2();
    client = ec2.client();
  });
  after(() => ec2.close());

  it('makes key pairs that SSH can use', async () => {
    for (const KeyType of ['rsa', 'ed25519'] as const) {
      const pair = await client.send(new CreateKeyPairCommand({ KeyName: `k-${KeyType}`, KeyType }));
      const parsed = ssh2.utils.parseKey(pair.KeyMaterial ?? '');
      assert.ok(!(parsed instanceof Error) && !Array.isArray(parsed) && parsed.isPrivateKey());
      const { KeyPairs } = await client.send(
        new DescribeKeyPairsCommand({ KeyNames: [`k-${KeyType}`], IncludePublicKey: true }),
      );
      const [algorithm, encoded] = KeyPairs?.[0]?.PublicKey?.split(' ') ?? [];
      assert.equal(algorithm, KeyType === 'rsa' ? 'ssh-rsa' : 'ssh-ed25519');
      assert.equal(parsed.getPublicSSH().toString('base64'), encoded);
    }
    assert.equal(await codeOf(client.send(new CreateKeyPairCommand({ KeyName: 'k-rsa' }))), 'InvalidKeyPair.Duplicate');
    assert.equal(
      await codeOf(client.send(new DescribeKeyPairsCommand({ KeyNames: ['none'] }))),
      'InvalidKeyPair.NotFound',
    );
    await client.send(new DeleteKeyPairCommand({ KeyName: 'none' }));
    for (const KeyName of ['k-rsa', 'k-ed25519']) await client.send(new DeleteKeyPairCommand({ KeyName }));
    assert.deepEqual(ec2.server.state().keyPairs, []);
  });

  it('agrees with ssh-keygen about its ed25519 keys', async function () {
    if (spawnSync('ssh-keygen', ['-?']).error) return this.skip();
    const { KeyMaterial = '', KeyFingerprint = '' } = await client.send(
      new CreateKeyPairCommand({ KeyName: 'gen', KeyType: 'ed25519' }),
    );
    const { KeyPairs } = await client.send(new DescribeKeyPairsCommand({ KeyNames: ['gen'], IncludePublicKey: true }));
    const line = KeyPairs?.[0]?.PublicKey ?? '';
    const listed = spawnSync('ssh-keygen', ['-lf', '-'], { input: line, encoding: 'utf8' }).stdout;
    assert.equal(listed.split(' ')[1], `SHA256:${KeyFingerprint.replace(/=+$/, '')}`);
    assert.match(KeyMaterial, /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    await client.send(new DeleteKeyPairCommand({ KeyName: 'gen' }));
  });

  it('imports public keys, and refuses what is none', async () => {
    const made = ssh2.utils.generateKeyPairSync('ed25519');
    const send = (text: string) =>
      client.send(new ImportKeyPairCommand({ KeyName: 'imported', PublicKeyMaterial: Buffer.from(text) }));
    await send(made.public);
    assert.equal(await codeOf(send('not a key').catch(error => Promise.reject(error))), 'InvalidKeyPair.Duplicate');
    await client.send(new DeleteKeyPairCommand({ KeyName: 'imported' }));
    assert.equal(await codeOf(send('not a key')), 'InvalidKey.Format');
    assert.equal(await codeOf(send('ssh-rsa AAAAB3NzaC1yc2EAAAA')), 'InvalidKey.Format');
  });

  it('keeps rules of security groups', async () => {
    const { GroupId = '' } = await client.send(
      new CreateSecurityGroupCommand({
        GroupName: 'rules',
        Description: 'd',
        TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'a', Value: 'b' }] }],
      }),
    );
    assert.equal(
      await codeOf(client.send(new CreateSecurityGroupCommand({ GroupName: 'rules', Description: 'd' }))),
      'InvalidGroup.Duplicate',
    );
    const rule = {
      IpProtocol: 'tcp',
      FromPort: 22,
      ToPort: 22,
      IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '1.2.3.4/32' }],
      Ipv6Ranges: [{ CidrIpv6: '::/0' }],
    };
    const authorize = (IpPermissions: object[]) =>
      client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    assert.equal((await authorize([rule])).SecurityGroupRules?.length, 3);
    assert.equal(await codeOf(authorize([rule])), 'InvalidPermission.Duplicate');
    assert.equal(
      await codeOf(authorize([{ IpProtocol: 'tcp', FromPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }])),
      'InvalidParameterValue',
    );
    assert.equal(
      await codeOf(authorize([{ ...rule, IpRanges: [{ CidrIp: '300.0.0.0/8' }] }])),
      'InvalidParameterValue',
    );
    assert.equal(await codeOf(authorize([{ ...rule, FromPort: 70_000, ToPort: 70_000 }])), 'InvalidParameterValue');
    assert.equal(await codeOf(authorize([{ IpProtocol: 'tcp', FromPort: 1, ToPort: 2 }])), 'MissingParameter');
    const { SecurityGroups } = await client.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: ['rules'] }] }),
    );
    const [shown] = SecurityGroups?.[0]?.IpPermissions ?? [];
    assert.deepEqual(shown?.IpRanges, rule.IpRanges);
    assert.deepEqual(shown?.Ipv6Ranges, rule.Ipv6Ranges);
    assert.deepEqual(SecurityGroups?.[0]?.IpPermissionsEgress?.[0]?.IpRanges, [{ CidrIp: '0.0.0.0/0' }]);
    await client.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] }));
    assert.equal(
      await codeOf(client.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] }))),
      'InvalidPermission.NotFound',
    );
    await client.send(new DeleteSecurityGroupCommand({ GroupId }));
    assert.equal(await codeOf(client.send(new DeleteSecurityGroupCommand({ GroupId }))), 'InvalidGroup.NotFound');
    const { SecurityGroups: standard } = await client.send(
      new DescribeSecurityGroupsCommand({ GroupNames: ['default'] }),
    );
    assert.equal(
      await codeOf(client.send(new DeleteSecurityGroupCommand({ GroupId: standard?.[0]?.GroupId }))),
      'CannotDelete',
    );
  });

  it('creates, attaches, snapshots and deletes volumes', async () => {
    const { InstanceId, Placement } = await launch(client);
    await untilState(client, InstanceId, 'running');
    const AvailabilityZone = Placement?.AvailabilityZone;
    const make = (more: object) => client.send(new CreateVolumeCommand({ AvailabilityZone, ...more }));
    const { VolumeId = '' } = await make({ Size: 2, VolumeType: 'gp3', Encrypted: true });
    const volume = async () => (await client.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }))).Volumes?.[0];
    await eventually(async () => (await volume())?.State === 'available');
    await client.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdg' }));
    await eventually(async () => (await volume())?.Attachments?.[0]?.State === 'attached');
    assert.equal(
      await codeOf(client.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdh' }))),
      'VolumeInUse',
    );
    assert.equal(await codeOf(client.send(new DeleteVolumeCommand({ VolumeId }))), 'VolumeInUse');
    const { SnapshotId = '' } = await client.send(new CreateSnapshotCommand({ VolumeId, Description: 'data' }));
    const done = await eventually(async () => {
      const { Snapshots } = await client.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
      return Snapshots?.[0]?.State === 'completed' && Snapshots[0];
    });
    assert.deepEqual([done.Encrypted, done.VolumeSize, done.Description], [true, 2, 'data']);
    const all = await client.send(
      new CreateSnapshotsCommand({ InstanceSpecification: { InstanceId, ExcludeBootVolume: true } }),
    );
    assert.deepEqual(
      all.Snapshots?.map(one => one.VolumeId),
      [VolumeId],
    );
    await client.send(new DetachVolumeCommand({ VolumeId }));
    await eventually(async () => (await volume())?.State === 'available');
    await client.send(new DeleteVolumeCommand({ VolumeId }));
    assert.equal(
      await codeOf(client.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }))),
      'InvalidVolume.NotFound',
    );
    assert.equal(await codeOf(make({ Size: 1, SnapshotId })), 'InvalidParameterValue');
    assert.equal(await codeOf(make({})), 'MissingParameter');
    assert.equal(await codeOf(make({ Size: 5, VolumeType: 'gp9' })), 'UnknownVolumeType');
    assert.equal(
      await codeOf(client.send(new CreateVolumeCommand({ AvailabilityZone: 'mars-1a', Size: 1 }))),
      'InvalidZone.NotFound',
    );
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  });

  it('tags what there is, within the rules', async () => {
    const { KeyPairId = '' } = await client.send(new CreateKeyPairCommand({ KeyName: 'tagged', KeyType: 'ed25519' }));
    const tag = (Tags: object[], Resources = [KeyPairId]) =>
      client.send(new CreateTagsCommand({ Resources, Tags: Tags as [] }));
    await tag([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ]);
    const { Tags } = await client.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [KeyPairId] }] }),
    );
    assert.deepEqual(
      Tags?.map(one => [one.Key, one.Value, one.ResourceType]),
      [
        ['a', '1', 'key-pair'],
        ['b', '2', 'key-pair'],
      ],
    );
    await client.send(
      new DeleteTagsCommand({ Resources: [KeyPairId], Tags: [{ Key: 'a' }, { Key: 'b', Value: 'other' }] }),
    );
    assert.deepEqual(ec2.server.state().keyPairs[0]?.tags, { b: '2' });
    assert.equal(await codeOf(tag([{ Key: 'aws:x', Value: '' }])), 'InvalidParameterValue');
    assert.equal(await codeOf(tag([{ Key: 'k'.repeat(129), Value: '' }])), 'InvalidParameterValue');
    assert.equal(await codeOf(tag([{ Key: '__proto__', Value: '' }])), 'InvalidParameterValue');
    assert.equal(
      await codeOf(tag(Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' })))),
      'TagLimitExceeded',
    );
    assert.equal(await codeOf(tag([{ Key: 'a', Value: '' }], ['ami-0bad0000000000000'])), 'InvalidAMIID.NotFound');
    assert.equal(await codeOf(tag([{ Key: 'a', Value: '' }], ['thing-1'])), 'InvalidID');
    await client.send(new DeleteKeyPairCommand({ KeyPairId }));
  });

  it('knows regions, zones, default networks and types', async () => {
    const { Regions } = await client.send(new DescribeRegionsCommand({ RegionNames: ['eu-west-1'] }));
    assert.deepEqual(
      Regions?.map(one => one.RegionName),
      ['eu-west-1'],
    );
    assert.equal(
      await codeOf(client.send(new DescribeRegionsCommand({ RegionNames: ['mars-1'] }))),
      'InvalidParameterValue',
    );
    const frankfurt = ec2.client('eu-central-1');
    const { AvailabilityZones } = await frankfurt.send(new DescribeAvailabilityZonesCommand({}));
    assert.deepEqual(
      AvailabilityZones?.map(one => [one.ZoneName, one.ZoneId]),
      [
        ['eu-central-1a', 'euc1-az1'],
        ['eu-central-1b', 'euc1-az2'],
        ['eu-central-1c', 'euc1-az3'],
      ],
    );
    const { Vpcs } = await frankfurt.send(
      new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    );
    assert.equal(Vpcs?.length, 1);
    const { Subnets } = await frankfurt.send(
      new DescribeSubnetsCommand({
        Filters: [
          { Name: 'vpc-id', Values: [Vpcs?.[0]?.VpcId ?? ''] },
          { Name: 'availabilityZone', Values: ['eu-central-1b'] },
          { Name: 'state', Values: ['available'] },
        ],
      }),
    );
    assert.equal(Subnets?.length, 1);
    const { InstanceTypes } = await client.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ['t4g.micro', 'm5.xlarge'] }),
    );
    assert.deepEqual(
      InstanceTypes?.map(one => [
        one.InstanceType,
        one.ProcessorInfo?.SupportedArchitectures?.[0],
        one.VCpuInfo?.DefaultVCpus,
        one.MemoryInfo?.SizeInMiB,
      ]),
      [
        ['t4g.micro', 'arm64', 2, 1024],
        ['m5.xlarge', 'x86_64', 4, 16_384],
      ],
    );
    assert.equal(
      await codeOf(client.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['q1.big' as 't3.micro'] }))),
      'InvalidInstanceType',
    );
    const { InstanceTypeOfferings } = await client.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: ['t3.micro'] }],
      }),
    );
    assert.deepEqual(
      InstanceTypeOfferings?.map(one => one.Location?.at(-1)),
      ['a', 'b', 'c', 'd', 'f'],
    );
  });

  it('launches spot instances through a template and an instant fleet', async () => {
    const LaunchTemplateName = 'packer-fleet-launch-template-abc1234';
    const { LaunchTemplate } = await client.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName,
        LaunchTemplateData: {
          ImageId: PUBLIC_IMAGE,
          InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '0.05' } },
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'run', Value: '1' }] }],
        },
      }),
    );
    assert.equal(
      await codeOf(client.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: {} }))),
      'MissingParameter',
    );
    const request: CreateFleetCommandInput = {
      Type: 'instant',
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
      SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateName, Version: '1' },
          Overrides: [{ InstanceType: 'nope.large' as 't3.small' }, { InstanceType: 't3.small' }],
        },
      ],
    };
    const { Instances, Errors } = await client.send(new CreateFleetCommand(request));
    assert.equal(Errors?.[0]?.ErrorCode, 'InvalidParameterValue');
    const id = Instances?.[0]?.InstanceIds?.[0] ?? '';
    const one = await untilState(client, id, 'running');
    assert.deepEqual(
      [one.InstanceLifecycle, one.InstanceType, one.Tags],
      ['spot', 't3.small', [{ Key: 'run', Value: '1' }]],
    );
    assert.equal(await codeOf(client.send(new StopInstancesCommand({ InstanceIds: [id] }))), 'UnsupportedOperation');
    const requests = async () =>
      (
        await client.send(
          new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [one.SpotInstanceRequestId ?? ''] }),
        )
      ).SpotInstanceRequests?.[0];
    assert.deepEqual([(await requests())?.State, (await requests())?.SpotPrice], ['active', '0.05']);
    await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(client, id, 'terminated');
    assert.equal((await requests())?.Status?.Code, 'instance-terminated-by-user');
    await client.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: LaunchTemplate?.LaunchTemplateId }));
    assert.equal(
      await codeOf(client.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [LaunchTemplateName] }))),
      'InvalidLaunchTemplateName.NotFoundException',
    );
  });

  it('imports a Windows image by task, launches it fast, and tells its password to its key', async () => {
    const { ImportTaskId = '' } = await client.send(
      new ImportImageCommand({
        Platform: 'Windows',
        DiskContainers: [{ Format: 'vmdk', UserBucket: { S3Bucket: 'b', S3Key: 'k' } }],
      }),
    );
    const ImageId = await eventually(async () => {
      const { ImportImageTasks } = await client.send(
        new DescribeImportImageTasksCommand({ ImportTaskIds: [ImportTaskId] }),
      );
      return ImportImageTasks?.[0]?.Status === 'completed' && ImportImageTasks[0].ImageId;
    });
    assert.equal((await imageOf(client, ImageId)).Platform, 'windows');
    assert.equal(
      await codeOf(client.send(new EnableFastLaunchCommand({ ImageId, MaxParallelLaunches: 2 }))),
      'InvalidParameterValue',
    );
    await client.send(new EnableFastLaunchCommand({ ImageId }));
    await eventually(
      async () =>
        (await client.send(new DescribeFastLaunchImagesCommand({ ImageIds: [ImageId] }))).FastLaunchImages?.[0]
          ?.State === 'enabled',
    );
    const { KeyMaterial = '' } = await client.send(new CreateKeyPairCommand({ KeyName: 'windows' }));
    const { InstanceId } = await launch(client, { ImageId, KeyName: 'windows' });
    await untilState(client, InstanceId, 'running');
    const { PasswordData = '' } = await client.send(new GetPasswordDataCommand({ InstanceId }));
    // PKCS#1 v1.5 takes any key's output for a password of some length, so look at the padding: raw RSA, then 00 02.
    const plain = privateDecrypt(
      { key: createPrivateKey(KeyMaterial), padding: constants.RSA_NO_PADDING },
      Buffer.from(PasswordData, 'base64'),
    );
    assert.deepEqual([plain[0], plain[1]], [0, 2]);
    assert.match(plain.subarray(plain.indexOf(0, 2) + 1).toString(), /^[\w-]{16}$/);
  });
});
