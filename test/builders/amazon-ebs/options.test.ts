import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { EbsOptions } from '../../../builders/amazon-ebs/schema.ts';
import { createAws, type Ec2 } from '../../../src/aws/client/index.ts';
import type { LocalEc2, LocalEc2Options } from '../../../src/local-ec2/index.ts';
import { type Baked, bake, callsOf, hollowEc2, leaks, minimal, SOURCE } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const never = new AbortController().signal;
type Params = Readonly<Record<string, unknown>>;

describe('options of amazon-ebs', () => {
  let server: LocalEc2;
  let ec2: Ec2;
  const environment = { ...process.env };
  const start = async (options: Partial<LocalEc2Options> = {}): Promise<void> => {
    server = await hollowEc2(folder(), options);
    ec2 = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
  };
  beforeEach(() => start());
  afterEach(async () => {
    await server.close();
    process.env = { ...environment };
  });
  // After the server's own hook: its folder goes last.
  const folder = tempFolders();

  /** Bakes with more options; fails on errors and leaks. */
  const baked = async (
    options: Partial<EbsOptions>,
    extra?: Parameters<typeof bake>[1],
    snapshotsPerImage = 1,
  ): Promise<Baked> => {
    const result = await bake({ ...minimal(server), ...options } as EbsOptions, extra);
    if (result.error) throw result.error;
    assert.deepEqual(leaks(server, snapshotsPerImage), {});
    return result;
  };
  const launch = (): Params => callsOf(server, 'RunInstances')[0] ?? {};

  describe('source', () => {
    it('source_ami_filter with most_recent and owners', async () => {
      const { machine } = await baked({
        source_ami: undefined,
        source_ami_filter: {
          filters: { name: 'ubuntu/images/*ubuntu-jammy-22.04-amd64-server-*', 'virtualization-type': 'hvm' },
          owners: ['099720109477'],
          most_recent: true,
        },
      });
      assert.match(machine?.buildData.SourceAMIName ?? '', /ubuntu-jammy/);
      assert.equal(machine?.buildData.SourceAMIOwner, '099720109477');
    });
  });

  describe('launch', () => {
    it('on demand, with a client token and standard credits', async () => {
      await baked({});
      const request = launch();
      assert.equal(request.ImageId, SOURCE);
      assert.equal(request.InstanceType, 't3.micro');
      assert.match(String(request.ClientToken), /^kiln-/);
      assert.equal(request.InstanceInitiatedShutdownBehavior, 'terminate');
      assert.deepEqual(request.CreditSpecification, { CpuCredits: 'standard' });
      assert.deepEqual(request.CapacityReservationSpecification, { CapacityReservationPreference: 'none' });
    });

    const requests: readonly (readonly [string, Partial<EbsOptions>, Params])[] = [
      [
        'enable_unlimited_credits',
        { enable_unlimited_credits: true },
        { CreditSpecification: { CpuCredits: 'unlimited' } },
      ],
      ['enable_t2_unlimited', { enable_t2_unlimited: true }, { CreditSpecification: { CpuCredits: 'unlimited' } }],
      ['no credits for others', { instance_type: 'm5.large' }, { CreditSpecification: undefined }],
      ['ebs_optimized', { ebs_optimized: true }, { EbsOptimized: 'true' }],
      ['shutdown_behavior', { shutdown_behavior: 'terminate' }, { InstanceInitiatedShutdownBehavior: 'terminate' }],
      [
        'enable_nitro_enclave',
        { enable_nitro_enclave: true, instance_type: 'm5.xlarge' },
        { EnclaveOptions: { Enabled: 'true' } },
      ],
      [
        'user_data',
        { user_data: '#!/bin/sh\n', max_build_time: 0 },
        { UserData: Buffer.from('#!/bin/sh\n').toString('base64') },
      ],
      ['user_data that is base64', { user_data: 'IyEvYmluL3No', max_build_time: 0 }, { UserData: 'IyEvYmluL3No' }],
      [
        'metadata_options',
        {
          metadata_options: {
            http_tokens: 'required',
            http_put_response_hop_limit: 2,
            instance_metadata_tags: 'enabled',
          },
        },
        {
          MetadataOptions: {
            HttpEndpoint: 'enabled',
            HttpTokens: 'required',
            HttpPutResponseHopLimit: '2',
            InstanceMetadataTags: 'enabled',
          },
        },
      ],
      [
        'metadata_options disabled',
        { metadata_options: { http_endpoint: 'disabled' } },
        { MetadataOptions: { HttpEndpoint: 'disabled' } },
      ],
      ['availability_zone', { availability_zone: 'us-east-1b' }, { Placement: { AvailabilityZone: 'us-east-1b' } }],
      ['placement.tenancy', { placement: { tenancy: 'dedicated' } }, { Placement: { Tenancy: 'dedicated' } }],
      ['tenancy', { tenancy: 'dedicated' }, { Placement: { Tenancy: 'dedicated' } }],
      [
        'iam_instance_profile',
        { iam_instance_profile: 'web', skip_profile_validation: true },
        { IamInstanceProfile: { Name: 'web' } },
      ],
      [
        'capacity_reservation_preference',
        { capacity_reservation_preference: 'open' },
        { CapacityReservationSpecification: { CapacityReservationPreference: 'open' } },
      ],
      [
        'capacity_reservation_id',
        { capacity_reservation_id: 'cr-0123456789abcdef0' },
        {
          CapacityReservationSpecification: {
            CapacityReservationTarget: { CapacityReservationId: 'cr-0123456789abcdef0' },
          },
        },
      ],
      [
        'capacity_reservation_group_arn',
        { capacity_reservation_group_arn: 'arn:aws:g' },
        {
          CapacityReservationSpecification: {
            CapacityReservationTarget: { CapacityReservationResourceGroupArn: 'arn:aws:g' },
          },
        },
      ],
      [
        'license_specifications',
        { license_specifications: [{ license_configuration_request: { license_configuration_arn: 'arn:l' } }] },
        { LicenseSpecification: [{ LicenseConfigurationArn: 'arn:l' }] },
      ],
      [
        'placement.host_id',
        { placement: { host_id: 'h-0123456789abcdef0', tenancy: 'host' } },
        { Placement: { Tenancy: 'host', HostId: 'h-0123456789abcdef0' } },
      ],
    ];
    for (const [name, options, expected] of requests) {
      it(name, async () => {
        // What only AWS can grant may be refused here; what is asked for is what counts.
        await bake({ ...minimal(server), ...options } as EbsOptions);
        for (const [key, value] of Object.entries(expected)) assert.deepEqual(launch()[key], value, key);
        assert.deepEqual(leaks(server), {});
      });
    }

    it('user_data_file', async () => {
      const file = join(folder(), 'data');
      writeFileSync(file, '#!/bin/sh\necho hi\n');
      await baked({ user_data_file: file, max_build_time: 0 });
      assert.equal(Buffer.from(String(launch().UserData), 'base64').toString(), '#!/bin/sh\necho hi\n');
    });

    it('launch_block_device_mappings', async () => {
      await baked(
        {
          launch_block_device_mappings: [
            {
              device_name: '/dev/sda1',
              volume_size: 20,
              volume_type: 'gp3',
              iops: 4000,
              throughput: 200,
              delete_on_termination: true,
            },
            {
              device_name: '/dev/sdf',
              volume_size: 1,
              volume_type: 'gp2',
              iops: 500,
              encrypted: true,
              delete_on_termination: true,
            },
            { device_name: '/dev/sdg', no_device: true },
            { device_name: '/dev/sdh', virtual_name: 'ephemeral0' },
          ],
        },
        {},
        2,
      );
      assert.deepEqual(launch().BlockDeviceMapping, [
        {
          DeviceName: '/dev/sda1',
          Ebs: { VolumeSize: '20', VolumeType: 'gp3', Iops: '4000', Throughput: '200', DeleteOnTermination: 'true' },
        },
        {
          DeviceName: '/dev/sdf',
          Ebs: { VolumeSize: '1', VolumeType: 'gp2', Encrypted: 'true', DeleteOnTermination: 'true' },
        },
        { DeviceName: '/dev/sdg', NoDevice: '' },
        { DeviceName: '/dev/sdh', VirtualName: 'ephemeral0' },
      ]);
    });

    it('no_ephemeral', async () => {
      await baked({ no_ephemeral: true });
      const mappings = launch().BlockDeviceMapping as readonly Params[];
      assert.deepEqual([mappings.length, mappings[0]?.DeviceName, mappings[25]?.DeviceName], [26, 'xvdca', 'xvdcz']);
    });

    it('a volume that is to outlive the instance does, and is marked as finished', async () => {
      const result = await bake({
        ...minimal(server),
        launch_block_device_mappings: [{ device_name: '/dev/sdf', volume_size: 1, delete_on_termination: false }],
      } as EbsOptions);
      assert.equal(result.error, undefined);
      assert.deepEqual(
        server.state().volumes.map(volume => volume.tags['kiln:expires']),
        ['never'],
      );
    });

    it('a volume that nobody asked to keep does not outlive the build', async () => {
      const result = await bake({
        ...minimal(server),
        launch_block_device_mappings: [{ device_name: '/dev/sdf', volume_size: 1 }],
      } as EbsOptions);
      assert.equal(result.error, undefined);
      const [first] = launch().BlockDeviceMapping as readonly Params[];
      assert.deepEqual((first?.Ebs as Params).DeleteOnTermination, 'false');
      assert.deepEqual(server.state().volumes, []);
    });
  });

  describe('network', () => {
    const subnets = async () => (await ec2.describeSubnets({}, never)).Subnets ?? [];

    it('subnet_id', async () => {
      const [subnet] = await subnets();
      await baked({ subnet_id: subnet?.SubnetId });
      assert.equal(launch().SubnetId, subnet?.SubnetId);
      assert.equal(callsOf(server, 'CreateSecurityGroup')[0]?.VpcId, subnet?.VpcId);
    });

    it('subnet_filter with most_free', async () => {
      const [subnet] = await subnets();
      await baked({
        subnet_filter: { filters: { 'availability-zone': subnet?.AvailabilityZone ?? '' }, most_free: true },
      });
      assert.equal(launch().SubnetId, subnet?.SubnetId);
    });

    it('subnet_filter that matches several', async () => {
      const { error } = await bake({
        ...minimal(server),
        subnet_filter: { filters: { state: 'available' } },
      } as EbsOptions);
      assert.match((error as Error).message, /subnet_filter matches \d+ subnets/);
    });

    it('vpc_filter', async () => {
      const { Vpcs = [] } = await ec2.describeVpcs({}, never);
      await baked({ vpc_filter: { filters: { 'is-default': 'true' } } });
      assert.equal(callsOf(server, 'CreateSecurityGroup')[0]?.VpcId, Vpcs[0]?.VpcId);
    });

    it('associate_public_ip_address looks for a subnet and asks for an interface', async () => {
      await baked({ associate_public_ip_address: true });
      const [interface_] = launch().NetworkInterface as readonly Params[];
      assert.equal(interface_?.AssociatePublicIpAddress, 'true');
      assert.match(String(interface_?.SubnetId), /^subnet-/);
      assert.equal(launch().SubnetId, undefined);
    });

    it('security_group_id, security_group_ids and security_group_filter make no temporary group', async () => {
      const { SecurityGroups = [] } = await ec2.describeSecurityGroups({}, never);
      const id = SecurityGroups[0]?.GroupId ?? '';
      await baked({ security_group_id: id });
      await baked({ security_group_ids: [id], ami_name: 'second' });
      await baked({ security_group_filter: { filters: { 'group-id': id } }, ami_name: 'third' });
      assert.deepEqual(callsOf(server, 'CreateSecurityGroup'), []);
      assert.deepEqual(
        callsOf(server, 'RunInstances').map(call => call.SecurityGroupId),
        [[id], [id], [id]],
      );
    });

    it('the temporary group admits the port from the ranges given', async () => {
      await baked({ ssh_port: 2222, temporary_security_group_source_cidrs: ['10.0.0.0/8', '2001:db8::/64'] });
      const [rule] = callsOf(server, 'AuthorizeSecurityGroupIngress');
      const permissions = JSON.stringify(rule);
      for (const part of [
        '"FromPort":"2222"',
        '"ToPort":"2222"',
        '"CidrIp":"10.0.0.0/8"',
        '"CidrIpv6":"2001:db8::/64"',
      ]) {
        assert.ok(permissions.includes(part), `${part} in ${permissions}`);
      }
    });

    it('opens no port for communicator none', async () => {
      await baked({ communicator: 'none', ssh_username: undefined });
      assert.deepEqual(callsOf(server, 'AuthorizeSecurityGroupIngress'), []);
      assert.deepEqual(callsOf(server, 'CreateKeyPair'), []);
    });
  });

  describe('keys', () => {
    it('a temporary ed25519 key pair by default, whose private key logs in', async () => {
      let keys: readonly string[] = [];
      const { run } = await baked(
        {},
        {
          provision: async machine => {
            const target = await machine.target(never);
            keys = target.privateKeys ?? [];
            assert.equal(target.port, 22);
            assert.match(target.host, /^[\d.]+$/);
          },
        },
      );
      assert.match(keys[0] ?? '', /PRIVATE KEY/);
      assert.deepEqual(run.secrets.includes(keys[0] ?? ''), true);
      assert.equal(callsOf(server, 'CreateKeyPair')[0]?.KeyType, 'ed25519');
      assert.match(String(callsOf(server, 'CreateKeyPair')[0]?.KeyName), /^packer_[0-9a-f-]{36}$/);
    });

    it('temporary_key_pair_name and temporary_key_pair_type', async () => {
      await baked({ temporary_key_pair_name: 'mine', temporary_key_pair_type: 'rsa' });
      assert.deepEqual(
        callsOf(server, 'CreateKeyPair').map(call => [call.KeyName, call.KeyType]),
        [['mine', 'rsa']],
      );
    });

    it('ssh_keypair_name with ssh_private_key_file', async () => {
      await ec2.createKeyPair({ KeyName: 'existing' }, never);
      const file = join(folder(), 'key');
      writeFileSync(file, 'a key');
      const result = await bake({
        ...minimal(server),
        ssh_keypair_name: 'existing',
        ssh_private_key_file: file,
      } as EbsOptions);
      assert.equal(result.error, undefined);
      assert.equal(launch().KeyName, 'existing');
      assert.deepEqual(
        server.state().keyPairs.map(key => key.name),
        ['existing'],
      );
    });

    it('host keys are read from the console', async () => {
      let keys: readonly string[] | undefined;
      await baked(
        {},
        {
          provision: async machine => {
            keys = await machine.announcedHostKeys?.(never);
          },
        },
      );
      assert.match(keys?.[0] ?? '', /^ssh-ed25519 AAAA/);
    });
  });

  describe('address', () => {
    const host = async (options: Partial<EbsOptions>): Promise<string> => {
      let found = '';
      await baked(options, {
        provision: async machine => {
          found = (await machine.target(never)).host;
        },
      });
      return found;
    };
    it('ssh_host wins', async () => assert.equal(await host({ ssh_host: 'fixed.example' }), 'fixed.example'));
    it('ssh_interface private_ip', async () =>
      assert.match(await host({ ssh_interface: 'private_ip' }), /^\d+\.\d+\.\d+\.\d+$/));
    it('ssh_interface public_dns', async () => assert.match(await host({ ssh_interface: 'public_dns' }), /\w/));
  });

  describe('the image', () => {
    it('ami_block_device_mappings', async () => {
      await baked({
        ami_block_device_mappings: [{ device_name: '/dev/sdf', volume_size: 5, delete_on_termination: true }],
      });
      assert.deepEqual(callsOf(server, 'CreateImage')[0]?.BlockDeviceMapping, [
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: '5', DeleteOnTermination: 'true' } },
      ]);
    });

    it('ena_support and sriov_support', async () => {
      await baked({ ena_support: true, sriov_support: true });
      const changed = JSON.stringify(callsOf(server, 'ModifyInstanceAttribute'));
      assert.match(changed, /"SriovNetSupport":\{"Value":"simple"\}/);
      assert.match(changed, /"EnaSupport":\{"Value":"true"\}/);
    });

    it('sharing, product codes, metadata version, deprecation and protection', async () => {
      const { artifact } = await baked({
        ami_users: ['111122223333'],
        ami_groups: ['all'],
        ami_org_arns: ['arn:aws:organizations::123456789012:organization/o-abcdefghij'],
        ami_ou_arns: ['arn:aws:organizations::123456789012:ou/o-abcdefghij/ou-abcd-12345678'],
        snapshot_users: ['111122223333'],
        snapshot_groups: ['all'],
        imds_support: 'v2.0',
        deprecate_at: '2031-05-01T00:00:00Z',
        deregistration_protection: { with_cooldown: true },
      });
      const id = artifact?.id.split(':')[1] ?? '';
      const image = (await ec2.describeImages({ ImageIds: [id] }, never)).Images?.[0];
      assert.equal(image?.Public, true);
      assert.equal(image?.ImdsSupport, 'v2.0');
      assert.match(image?.DeprecationTime ?? '', /^2031-05-01T00:00/);
      assert.match(String(image?.DeregistrationProtection), /enabled-with-cooldown/);
      const attribute = await ec2.describeImageAttribute({ ImageId: id, Attribute: 'launchPermission' }, never);
      assert.ok(attribute.LaunchPermissions?.some(one => one.UserId === '111122223333'));
      assert.ok(attribute.LaunchPermissions?.some(one => one.OrganizationArn?.endsWith('o-abcdefghij')));
      assert.match(JSON.stringify(callsOf(server, 'ModifySnapshotAttribute')), /111122223333/);
    });

    it('ami_regions: copies with description, tags and final name', async () => {
      const { artifact } = await baked({
        ami_regions: ['us-west-2', 'eu-west-1', 'us-east-1', 'eu-west-1'],
        ami_description: 'about it',
        tags: { a: 'b' },
        snapshot_tags: { s: 't' },
      });
      const images = server.state().images;
      assert.deepEqual(images.map(image => image.region).sort(), ['eu-west-1', 'us-east-1', 'us-west-2']);
      assert.ok(images.every(image => image.name === 'an-image' && image.tags.a === 'b'));
      assert.ok(server.state().snapshots.every(snapshot => snapshot.tags.a === 'b' && snapshot.tags.s === 't'));
      assert.match(artifact?.id ?? '', /^eu-west-1:ami-\w+,us-east-1:ami-\w+,us-west-2:ami-\w+$/);
      assert.ok(
        callsOf(server, 'CopyImage').every(
          call => call.Description === 'about it' && call.SourceRegion === 'us-east-1',
        ),
      );
    });

    it('snapshot_copy_duration_minutes', async () => {
      await baked({ ami_regions: ['us-west-2'], snapshot_copy_duration_minutes: 30 });
      assert.equal(callsOf(server, 'CopyImage')[0]?.SnapshotCopyCompletionDurationMinutes, '30');
    });

    it('encrypt_boot: only encrypted copies remain, with the keys of their regions', async () => {
      await baked({
        encrypt_boot: true,
        kms_key_id: 'alias/build',
        ami_regions: ['eu-west-1'],
        region_kms_key_ids: { 'eu-west-1': 'alias/there' },
      });
      const copies = server.calls.filter(call => call.action === 'CopyImage');
      assert.deepEqual(copies.map(call => [call.region, call.params.Encrypted, call.params.KmsKeyId]).sort(), [
        ['eu-west-1', 'true', 'alias/there'],
        ['us-east-1', 'true', 'alias/build'],
      ]);
      assert.deepEqual(
        server
          .state()
          .images.map(image => `${image.region} ${image.name}`)
          .sort(),
        ['eu-west-1 an-image', 'us-east-1 an-image'],
      );
      assert.match(String(callsOf(server, 'CreateImage')[0]?.Name), /^[0-9a-zA-Z]{7}$/);
      assert.equal(server.state().snapshots.length, 2);
    });

    it('skip_save_build_region', async () => {
      const { artifact } = await baked({ skip_save_build_region: true, ami_regions: ['eu-west-1'] });
      assert.deepEqual(
        server.state().images.map(image => image.region),
        ['eu-west-1'],
      );
      assert.match(artifact?.id ?? '', /^eu-west-1:ami-\w+$/);
      assert.equal(server.state().snapshots.length, 1);
    });

    it('snapshot_first', async () => {
      await baked({ snapshot_first: true, tags: { a: 'b' } });
      assert.deepEqual(callsOf(server, 'CreateImage'), []);
      assert.equal(callsOf(server, 'RegisterImage').length, 1);
      assert.equal(server.state().images[0]?.tags.a, 'b');
    });

    it('disable_stop_instance waits until the instance has stopped by itself', async () => {
      await baked(
        { disable_stop_instance: true },
        {
          provision: async machine => {
            await ec2.stopInstances({ InstanceIds: [machine.id] }, never);
          },
        },
      );
      assert.equal(callsOf(server, 'StopInstances').length, 1);
    });

    it('fast_launch', async () => {
      const template = await ec2.createLaunchTemplate(
        { LaunchTemplateName: 'fast', LaunchTemplateData: { InstanceType: 't3.micro' } },
        never,
      );
      const result = await bake({
        ...minimal(server),
        source_ami: undefined,
        source_ami_filter: {
          filters: { name: 'Windows_Server-2022-English-Full-Base-*' },
          owners: ['amazon'],
          most_recent: true,
        },
        fast_launch: { template_name: 'fast', max_parallel_launches: 6, target_resource_count: 2 },
      } as EbsOptions);
      assert.equal(result.error, undefined);
      const [enabled] = callsOf(server, 'EnableFastLaunch');
      assert.equal(enabled?.MaxParallelLaunches, '6');
      assert.deepEqual(enabled?.SnapshotConfiguration, { TargetResourceCount: '2' });
      assert.deepEqual(enabled?.LaunchTemplate, {
        LaunchTemplateId: template.LaunchTemplate?.LaunchTemplateId,
        Version: '1',
      });
    });
  });

  describe('spot', () => {
    it('launches through a template and an instant fleet, and removes both', async () => {
      const { machine } = await baked({
        instance_type: undefined,
        spot_instance_types: ['m5.large', 'm5a.large'],
        spot_price: '0.5',
        spot_allocation_strategy: 'capacity-optimized',
        spot_tags: { spot: 'yes' },
        fleet_tags: { fleet: 'yes' },
        run_tags: { run: 'yes' },
      });
      const [template] = callsOf(server, 'CreateLaunchTemplate');
      assert.match(String(template?.LaunchTemplateName), /^packer-fleet-launch-template-[0-9a-zA-Z]{7}$/);
      assert.match(JSON.stringify(template), /"MaxPrice":"0.5"/);
      const [fleet] = callsOf(server, 'CreateFleet');
      assert.equal(fleet?.Type, 'instant');
      assert.match(JSON.stringify(fleet), /capacity-optimized/);
      assert.match(JSON.stringify(fleet), /m5a.large/);
      assert.match(JSON.stringify(fleet), /"fleet"/);
      assert.deepEqual(callsOf(server, 'StopInstances'), []);
      assert.match(machine?.id ?? '', /^i-/);
      assert.equal(server.state().images.length, 1);
    });

    it('spot_price auto sends no price', async () => {
      await baked({ spot_price: 'auto' });
      assert.doesNotMatch(JSON.stringify(callsOf(server, 'CreateLaunchTemplate')), /MaxPrice/);
    });

    it('says that there is no capacity', async () => {
      await server.close();
      await start({ faults: { faults: [{ kind: 'error', actions: ['CreateFleet'], code: 'UnauthorizedOperation' }] } });
      const { error } = await bake({ ...minimal(server), spot_price: 'auto' } as EbsOptions);
      assert.match((error as Error).message, /refused CreateFleet/);
      assert.deepEqual(leaks(server), {});
    });
  });

  describe('temporary instance profile', () => {
    it('is made with the policy, used and removed', async () => {
      process.env.AWS_ENDPOINT_URL_IAM = server.endpoint;
      await baked({
        temporary_iam_instance_profile_policy_document: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: ['s3:Get*'], Resource: ['*'] }],
        },
        run_tags: { team: 'web' },
      });
      const [policy] = callsOf(server, 'PutRolePolicy');
      assert.deepEqual(JSON.parse(String(policy?.PolicyDocument)), {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['s3:Get*'], Resource: ['*'] }],
      });
      const name = (launch().IamInstanceProfile as Params | undefined)?.Name;
      assert.match(String(name), /^packer-[0-9a-f-]{36}$/);
      assert.equal(policy?.RoleName, name);
    });

    it('iam_instance_profile is looked up', async () => {
      process.env.AWS_ENDPOINT_URL_IAM = server.endpoint;
      const { error } = await bake({ ...minimal(server), iam_instance_profile: 'missing' } as EbsOptions);
      assert.match((error as Error).message, /IAM refused GetInstanceProfile/);
      assert.deepEqual(callsOf(server, 'RunInstances'), []);
      assert.deepEqual(leaks(server), {});
    });
  });

  describe('windows', () => {
    it('the password is fetched and decrypted', async () => {
      let password: string | undefined;
      const result = await bake(
        {
          ...minimal(server),
          source_ami: undefined,
          source_ami_filter: {
            filters: { name: 'Windows_Server-2022-English-Full-Base-*' },
            owners: ['amazon'],
            most_recent: true,
          },
          communicator: 'winrm',
          winrm_username: 'Administrator',
          aws_polling: { delay_seconds: 1 },
        } as EbsOptions,
        {
          provision: async machine => {
            const target = await machine.target(never);
            password = target.password;
            assert.equal(target.port, 5985);
          },
        },
      );
      assert.equal(result.error, undefined);
      assert.match(password ?? '', /./);
      assert.equal(callsOf(server, 'CreateKeyPair')[0]?.KeyType, 'rsa');
      assert.match(JSON.stringify(callsOf(server, 'AuthorizeSecurityGroupIngress')), /5985/);
    });
  });
});
