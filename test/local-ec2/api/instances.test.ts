import assert from 'node:assert/strict';
import {
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  GetPasswordDataCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { after, before, describe, it } from 'mocha';
import { codeOf, errorOf, instanceOf, launch, type TestEc2, testEc2, untilState } from '../helpers.ts';

describe('local EC2: instances', () => {
  let ec2: TestEc2;
  let client: EC2Client;
  before(async () => {
    ec2 = await testEc2();
    client = ec2.client();
  });
  after(() => ec2.close());

  const refused = (more: Partial<RunInstancesCommandInput>): Promise<string> => codeOf(launch(client, more));

  it('launches with all that was asked for', async () => {
    const { KeyName = '' } = await client.send(new CreateKeyPairCommand({ KeyName: 'launch-key' }));
    const { GroupId = '' } = await client.send(
      new CreateSecurityGroupCommand({ GroupName: 'launch', Description: 'd' }),
    );
    const tags = (Value: string) => [{ Key: 'of', Value }];
    const { InstanceId } = await launch(client, {
      KeyName,
      NetworkInterfaces: [
        { DeviceIndex: 0, Groups: [GroupId], AssociatePublicIpAddress: true, DeleteOnTermination: true },
      ],
      Placement: { AvailabilityZone: 'us-east-1b', Tenancy: 'dedicated' },
      EbsOptimized: true,
      EnclaveOptions: { Enabled: true },
      InstanceType: 'm5.xlarge',
      InstanceInitiatedShutdownBehavior: 'terminate',
      UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
      CapacityReservationSpecification: {
        CapacityReservationTarget: { CapacityReservationId: 'cr-0123456789abcdef0' },
      },
      LicenseSpecifications: [
        { LicenseConfigurationArn: 'arn:aws:license-manager:us-east-1:123456789012:license-configuration:lic-1' },
      ],
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 3, InstanceMetadataTags: 'enabled' },
      TagSpecifications: [
        { ResourceType: 'instance', Tags: tags('instance') },
        { ResourceType: 'volume', Tags: tags('volume') },
        { ResourceType: 'network-interface', Tags: tags('interface') },
      ],
    });
    const one = await untilState(client, InstanceId, 'running');
    assert.match(one.PublicIpAddress ?? '', /^127\.(?!0\.)\d+\.\d+\.\d+$/);
    assert.equal(one.PrivateIpAddress, one.PublicIpAddress);
    assert.equal(one.PublicDnsName, one.PublicIpAddress);
    assert.deepEqual(one.Placement?.AvailabilityZone, 'us-east-1b');
    assert.deepEqual(
      [
        one.KeyName,
        one.EbsOptimized,
        one.EnclaveOptions?.Enabled,
        one.Placement?.Tenancy,
        one.SecurityGroups?.[0]?.GroupId,
      ],
      [KeyName, true, true, 'dedicated', GroupId],
    );
    assert.equal(
      one.CapacityReservationSpecification?.CapacityReservationTarget?.CapacityReservationId,
      'cr-0123456789abcdef0',
    );
    assert.equal(one.Licenses?.length, 1);
    assert.deepEqual(
      [
        one.MetadataOptions?.HttpTokens,
        one.MetadataOptions?.HttpPutResponseHopLimit,
        one.MetadataOptions?.InstanceMetadataTags,
      ],
      ['required', 3, 'enabled'],
    );
    const volume = await client.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [InstanceId] }] }),
    );
    assert.deepEqual(volume.Volumes?.[0]?.Tags, tags('volume'));
    const nic = await client.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [InstanceId] }] }),
    );
    assert.deepEqual(nic.NetworkInterfaces?.[0]?.TagSet, tags('interface'));
    const behavior = await client.send(
      new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'instanceInitiatedShutdownBehavior' }),
    );
    assert.equal(behavior.InstanceInitiatedShutdownBehavior?.Value, 'terminate');
    // Interfaces are tagged by their own id, too.
    await client.send(
      new CreateTagsCommand({
        Resources: [one.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? ''],
        Tags: [{ Key: 'more', Value: '1' }],
      }),
    );
    assert.equal(await codeOf(client.send(new DeleteSecurityGroupCommand({ GroupId }))), 'DependencyViolation');
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'terminated');
    await client.send(new DeleteSecurityGroupCommand({ GroupId }));
  });

  it('refuses bad launches with the codes of EC2', async () => {
    assert.equal(await refused({ ImageId: 'ami-0bad0000000000000' }), 'InvalidAMIID.NotFound');
    assert.equal(await refused({ ImageId: 'nonsense' }), 'InvalidAMIID.Malformed');
    assert.equal(await refused({ InstanceType: 'x9.huge' as 't3.micro' }), 'InvalidParameterValue');
    assert.equal(await refused({ KeyName: 'none' }), 'InvalidKeyPair.NotFound');
    assert.equal(await refused({ SecurityGroupIds: ['sg-0123456789abcdef0'] }), 'InvalidGroup.NotFound');
    assert.equal(await refused({ SubnetId: 'subnet-0123456789abcdef0' }), 'InvalidSubnetID.NotFound');
    assert.equal(await refused({ UserData: '!!!' }), 'InvalidUserData.Malformed');
    assert.equal(await refused({ UserData: Buffer.alloc(16_385).toString('base64') }), 'InvalidParameterValue');
    assert.equal(await refused({ IamInstanceProfile: { Name: 'none' } }), 'InvalidParameterValue');
    assert.equal(await refused({ Placement: { AvailabilityZone: 'us-east-1z' } }), 'InvalidParameterValue');
    assert.equal(await refused({ Placement: { AvailabilityZone: 'us-east-1e' } }), 'Unsupported');
    assert.equal(await refused({ MinCount: 2, MaxCount: 1 }), 'InvalidParameterValue');
    assert.equal(
      await refused({ InstanceType: 'm5.large', CreditSpecification: { CpuCredits: 'unlimited' } }),
      'InvalidParameterCombination',
    );
    assert.equal(
      await refused({ BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 1 } }] }),
      'InvalidBlockDeviceMapping',
    );
    assert.equal(
      await refused({ BlockDeviceMappings: [{ DeviceName: '/dev/sda1', NoDevice: '' }] }),
      'InvalidBlockDeviceMapping',
    );
    assert.equal(
      await refused({ BlockDeviceMappings: [{ DeviceName: '/dev/sdb', Ebs: { VolumeSize: 9, VolumeType: 'io1' } }] }),
      'MissingParameter',
    );
    assert.equal(
      await refused({ BlockDeviceMappings: [{ DeviceName: 'disk0', Ebs: { VolumeSize: 9 } }] }),
      'InvalidParameterValue',
    );
    assert.equal(
      await refused({ TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'a' }] }] }),
      'InvalidParameterValue',
    );
    assert.equal(
      await refused({ NetworkInterfaces: [{ DeviceIndex: 0 }], SubnetId: 'subnet-0123456789abcdef0' }),
      'InvalidParameterCombination',
    );
    assert.equal(await refused({ DryRun: true }), 'DryRunOperation');
    assert.equal(await refused({ DryRun: true, IamInstanceProfile: { Name: 'none' } }), 'InvalidParameterValue');
    assert.deepEqual(
      ec2.server.state().instances.filter(one => one.state === 'pending'),
      [],
    );
  });

  it('gives the same instance for the same client token', async () => {
    const first = await launch(client, { ClientToken: 'once' });
    const second = await launch(client, { ClientToken: 'once' });
    assert.equal(second.InstanceId, first.InstanceId);
    assert.equal(await refused({ ClientToken: 'once', InstanceType: 't3.large' }), 'IdempotentParameterMismatch');
    assert.notEqual((await launch(client, { ClientToken: 'twice' })).InstanceId, first.InstanceId);
  });

  it('stops, changes, starts, and keeps its address and host key', async () => {
    const { InstanceId } = await launch(client);
    const before = await untilState(client, InstanceId, 'running');
    const modify = (change: object) => client.send(new ModifyInstanceAttributeCommand({ InstanceId, ...change }));
    assert.equal(await codeOf(modify({ EnaSupport: { Value: false } })), 'IncorrectInstanceState');
    assert.equal(
      await codeOf(client.send(new StartInstancesCommand({ InstanceIds: ['i-0123456789abcdef0'] }))),
      'InvalidInstanceID.NotFound',
    );
    const stopped = await client.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    assert.deepEqual(
      [stopped.StoppingInstances?.[0]?.CurrentState, stopped.StoppingInstances?.[0]?.PreviousState?.Name],
      [{ Code: 64, Name: 'stopping' }, 'running'],
    );
    const rest = await untilState(client, InstanceId, 'stopped');
    assert.equal(rest.PublicIpAddress, undefined);
    assert.equal(rest.StateReason?.Code, 'Client.UserInitiatedShutdown');
    await modify({ EnaSupport: { Value: false } });
    await modify({ SriovNetSupport: { Value: 'simple' } });
    await modify({ InstanceType: { Value: 't3.small' } });
    assert.equal(await codeOf(modify({ InstanceType: { Value: 'q1.big' } })), 'InvalidParameterValue');
    await client.send(new StartInstancesCommand({ InstanceIds: [InstanceId] }));
    const later = await untilState(client, InstanceId, 'running');
    assert.deepEqual([later.InstanceType, later.EnaSupport, later.SriovNetSupport], ['t3.small', false, 'simple']);
    assert.equal(later.PrivateIpAddress, before.PrivateIpAddress);
    await client.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'required' }));
    assert.equal((await instanceOf(client, InstanceId)).MetadataOptions?.HttpTokens, 'required');
  });

  it('protects against stopping and terminating', async () => {
    const { InstanceId } = await launch(client, { DisableApiTermination: true, DisableApiStop: true });
    await untilState(client, InstanceId, 'running');
    assert.equal(
      await codeOf(client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }))),
      'OperationNotPermitted',
    );
    assert.equal(
      await codeOf(client.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }))),
      'OperationNotPermitted',
    );
    await client.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value: false } }));
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'terminated');
    const { InstanceStatuses } = await client.send(new DescribeInstanceStatusCommand({ InstanceIds: [InstanceId] }));
    assert.deepEqual(InstanceStatuses, []);
  });

  it('prints its host keys on the console, also after it ended', async () => {
    const { InstanceId } = await launch(client);
    await untilState(client, InstanceId, 'running');
    const read = async (): Promise<string> => {
      const { Output = '' } = await client.send(new GetConsoleOutputCommand({ InstanceId }));
      return Buffer.from(Output, 'base64').toString();
    };
    const pattern =
      /-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 [A-Za-z0-9+/]{68} root@ip-127-\d+-\d+-\d+\n-----END SSH HOST KEY KEYS-----/;
    assert.match(await read(), pattern);
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'terminated');
    assert.match(await read(), pattern);
    assert.equal((await client.send(new GetPasswordDataCommand({ InstanceId }))).PasswordData, '');
  });

  it('asks for a subnet where there is no default VPC', async () => {
    const region = ec2.client('eu-north-1');
    const { Vpc } = await region.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const { Subnet } = await region.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.1.0/24' }));
    const { InstanceId } = await launch(region, { SubnetId: Subnet?.SubnetId });
    const one = await untilState(region, InstanceId, 'running');
    assert.deepEqual([one.VpcId, one.PublicIpAddress], [Vpc?.VpcId, undefined]);
    assert.match(one.PrivateIpAddress ?? '', /^127\./);
    const { GroupId = '' } = await region.send(
      new CreateSecurityGroupCommand({ GroupName: 'elsewhere', Description: 'd' }),
    );
    assert.equal(
      await codeOf(launch(region, { SubnetId: Subnet?.SubnetId, SecurityGroupIds: [GroupId] })),
      'InvalidParameter',
    );
    const { Subnets } = await region.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [Vpc?.VpcId ?? ''] }] }),
    );
    assert.equal(Subnets?.[0]?.AvailableIpAddressCount, 250);
  });

  it('names all ids that it does not know', async () => {
    const ids = ['i-0123456789abcdef0', 'i-0123456789abcdef1'];
    const error = await errorOf(client.send(new DescribeInstancesCommand({ InstanceIds: ids })));
    assert.deepEqual(
      [error.name, error.message],
      ['InvalidInstanceID.NotFound', `The instance IDs '${ids.join(', ')}' do not exist`],
    );
  });
});
