import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { EbsOptions } from '../../../builders/amazon-ebs/schema.ts';
import { createAws, type Ec2 } from '../../../src/aws/client/index.ts';
import { addressOf } from '../../../src/aws/launch/address.ts';
import type { LocalEc2, LocalEc2Options } from '../../../src/local-ec2/index.ts';
import { type Baked, bake, callsOf, hollowEc2, leaks, minimal, SOURCE } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const never = new AbortController().signal;
type Params = Readonly<Record<string, unknown>>;

/** What options.test.ts leaves out; docs/amazon-options.md lists which test proves which option. */
describe('further options of amazon-ebs', () => {
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
  const folder = tempFolders();

  const baked = async (options: Partial<EbsOptions>, extra?: Parameters<typeof bake>[1]): Promise<Baked> => {
    const result = await bake({ ...minimal(server), ...options } as EbsOptions, extra);
    if (result.error) throw result.error;
    assert.deepEqual(leaks(server), {});
    return result;
  };
  const launch = (): Params => callsOf(server, 'RunInstances')[0] ?? {};
  const tagsIn = (request: Params | undefined): string => JSON.stringify(request?.['TagSpecification'] ?? {});

  describe('the image', () => {
    it('ami_product_codes are attached to the image in every region', async () => {
      await baked({
        ami_product_codes: ['abcdefghijklmnopqrstuvwxy', 'bcdefghijklmnopqrstuvwxyz'],
        ami_regions: ['eu-west-1'],
      });
      const asked = callsOf(server, 'ModifyImageAttribute').filter(call => call['ProductCode'] !== undefined);
      assert.equal(asked.length, 2);
      for (const region of ['us-east-1', 'eu-west-1']) {
        const image = server.state().images.find(one => one.region === region);
        const there = (await createAws({ ...minimal(server), region }, { local: false, secret: () => {} })).ec2();
        const found = (await there.describeImages({ ImageIds: [image?.id ?? ''] }, never)).Images?.[0];
        assert.deepEqual(
          found?.ProductCodes?.map(code => code.ProductCodeId),
          ['abcdefghijklmnopqrstuvwxy', 'bcdefghijklmnopqrstuvwxyz'],
        );
      }
    });

    it('ami_virtualization_type paravirtual rules out enhanced networking', async () => {
      const { error } = await bake({
        ...minimal(server),
        ami_virtualization_type: 'paravirtual',
        ena_support: true,
      } as EbsOptions);
      assert.match((error as Error).message, /enhanced networking needs an hvm image/);
      assert.deepEqual(callsOf(server, 'RunInstances'), []);
    });

    it('ena_support false switches it off, unset leaves it alone', async () => {
      await baked({ ena_support: false });
      assert.match(JSON.stringify(callsOf(server, 'ModifyInstanceAttribute')), /"EnaSupport":\{"Value":"false"\}/);
      await baked({ ami_name: 'second' });
      assert.equal(callsOf(server, 'ModifyInstanceAttribute').length, 1);
    });

    it('snapshot_tag blocks win over snapshot_tags', async () => {
      await baked({ snapshot_tags: { a: '1', b: '2' }, snapshot_tag: [{ key: 'b', value: '3' }] });
      const tags = server.state().snapshots[0]?.tags;
      assert.deepEqual([tags?.['a'], tags?.['b']], ['1', '3']);
    });

    it('deregistration_protection enabled, without cooldown', async () => {
      await baked({ deregistration_protection: { enabled: true } });
      assert.equal(callsOf(server, 'EnableImageDeregistrationProtection')[0]?.['WithCooldown'], 'false');
    });
  });

  describe('tags as blocks', () => {
    it('run_volume_tag is keyed by name', async () => {
      await baked({ run_volume_tags: { a: '1' }, run_volume_tag: [{ name: 'b', value: '2' }] });
      const [volume] = (launch()['TagSpecification'] as Params[]).filter(one => one['ResourceType'] === 'volume');
      const keys = (volume?.['Tag'] as Params[]).map(one => one['Key']);
      assert.ok(keys.includes('a') && keys.includes('b'));
    });

    it('spot_tag and fleet_tag', async () => {
      await baked({
        instance_type: undefined,
        spot_instance_types: ['m5.large'],
        spot_price: 'auto',
        spot_tag: [{ key: 'spot', value: '{{ .SourceAMI }}' }],
        fleet_tag: [{ key: 'fleet', value: '{{ .BuildRegion }}' }],
      });
      assert.match(tagsIn(callsOf(server, 'CreateLaunchTemplate')[0]), new RegExp(`"spot".*${SOURCE}`));
      assert.match(tagsIn(callsOf(server, 'CreateFleet')[0]), /"fleet".*us-east-1/);
      const requested = callsOf(server, 'CreateTags').find(call => /sir-/.test(JSON.stringify(call['ResourceId'])));
      assert.ok(requested, 'the spot request has its tags');
    });
  });

  describe('network', () => {
    it('subnet_filter with random takes one of those that match', async () => {
      const { Subnets = [] } = await ec2.describeSubnets({}, never);
      await baked({ subnet_filter: { filters: { state: 'available' }, random: true } });
      assert.ok(Subnets.some(one => one.SubnetId === launch()['SubnetId']));
    });

    it('vpc_id puts the temporary group into that VPC', async () => {
      const { Vpcs = [] } = await ec2.describeVpcs({}, never);
      await baked({ vpc_id: Vpcs[0]?.VpcId });
      assert.equal(callsOf(server, 'CreateSecurityGroup')[0]?.['VpcId'], Vpcs[0]?.VpcId);
    });

    it('temporary_security_group_source_public_ip admits this machine alone, but not beside ranges', async () => {
      process.env['AWS_ENDPOINT_URL'] = server.endpoint;
      process.env['AWS_ACCESS_KEY_ID'] = server.credentials.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = server.credentials.secretAccessKey;
      await baked({ temporary_security_group_source_public_ip: true }, { build: { local: true } });
      assert.match(JSON.stringify(callsOf(server, 'AuthorizeSecurityGroupIngress')[0]), /127\.0\.0\.1\/32/);
      const { run } = await baked({
        ami_name: 'second',
        temporary_security_group_source_public_ip: true,
        temporary_security_group_source_cidrs: ['10.0.0.0/8'],
      });
      assert.match(JSON.stringify(callsOf(server, 'AuthorizeSecurityGroupIngress')[1]), /10\.0\.0\.0\/8/);
      assert.ok(run.ui.said.some(text => /source_cidrs counts/.test(text)));
    });

    it('associate_public_ip_address false is asked for too', async () => {
      await baked({ associate_public_ip_address: false });
      const [interface_] = launch()['NetworkInterface'] as Params[];
      assert.equal(interface_?.['AssociatePublicIpAddress'], 'false');
    });

    it('skip_region_validation asks for no regions', async () => {
      await baked({ skip_region_validation: true, ami_regions: ['eu-west-1'] });
      assert.deepEqual(callsOf(server, 'DescribeRegions'), []);
    });
  });

  describe('addresses', () => {
    const instance = {
      VpcId: 'vpc-1',
      PublicIpAddress: '203.0.113.1',
      PrivateIpAddress: '10.0.0.1',
      PublicDnsName: 'public.example',
      PrivateDnsName: 'private.example',
      Ipv6Address: '2001:db8::1',
    };
    const cases = [
      ['public_ip', '203.0.113.1'],
      ['private_ip', '10.0.0.1'],
      ['public_dns', 'public.example'],
      ['private_dns', 'private.example'],
      ['ipv6', '2001:db8::1'],
      ['', '203.0.113.1'],
    ] as const;
    for (const [wanted, address] of cases)
      it(`ssh_interface ${wanted || 'unset'}`, () => assert.equal(addressOf(instance, wanted, 1), address));

    it('the private address will do at the third look, and IPv6 may hang on the interface', () => {
      const { PublicIpAddress: _, ...inside } = instance;
      assert.equal(addressOf(inside, '', 2), undefined);
      assert.equal(addressOf(inside, '', 3), '10.0.0.1');
      const interfaces = { NetworkInterfaces: [{ Ipv6Addresses: [{ Ipv6Address: '2001:db8::2' }] }] };
      assert.equal(addressOf(interfaces, 'ipv6', 1), '2001:db8::2');
    });

    it('ssh_interface private_dns is what the machine is reached by', async () => {
      let host = '';
      await baked(
        { ssh_interface: 'private_dns' },
        {
          provision: async machine => {
            host = (await machine.target(never)).host;
          },
        },
      );
      assert.match(host, /^ip-[\d-]+\./);
    });

    it('ssh_interface ipv6 opens the temporary group for IPv6, and says that there is no such address', async () => {
      const { error } = await bake({ ...minimal(server), ssh_interface: 'ipv6' } as EbsOptions, {
        provision: async machine => void (await machine.target(never)),
      });
      assert.match((error as Error).message, /has no IPv6 address yet/);
      assert.match(JSON.stringify(callsOf(server, 'AuthorizeSecurityGroupIngress')), /"CidrIpv6":"::\/0"/);
    });
  });

  describe('logging in', () => {
    it('ssh_password needs no key pair', async () => {
      await baked({ ssh_password: 'secret' });
      assert.deepEqual(callsOf(server, 'CreateKeyPair'), []);
      assert.equal(launch()['KeyName'], undefined);
    });

    it('ssh_agent_auth makes no key pair, and attaches ssh_keypair_name', async () => {
      await ec2.createKeyPair({ KeyName: 'agent' }, never);
      const { error } = await bake({
        ...minimal(server),
        ssh_agent_auth: true,
        ssh_keypair_name: 'agent',
      } as EbsOptions);
      assert.equal(error, undefined);
      assert.equal(launch()['KeyName'], 'agent');
      assert.equal(callsOf(server, 'CreateKeyPair').length, 1);
    });

    it('ssh_private_key_file alone attaches no key pair', async () => {
      const file = join(folder(), 'key');
      writeFileSync(file, 'a key');
      await baked({ ssh_private_key_file: file });
      assert.equal(launch()['KeyName'], undefined);
      assert.deepEqual(callsOf(server, 'CreateKeyPair'), []);
    });

    it('ssh_port is where the machine is reached and what the group admits', async () => {
      let port = 0;
      await baked(
        { ssh_port: 2222 },
        {
          provision: async machine => {
            port = (await machine.target(never)).port;
          },
        },
      );
      assert.equal(port, 2222);
      assert.match(JSON.stringify(callsOf(server, 'AuthorizeSecurityGroupIngress')), /"FromPort":"2222"/);
    });

    const windows = {
      source_ami: undefined,
      source_ami_filter: {
        filters: { name: 'Windows_Server-2022-English-Full-Base-*' },
        owners: ['amazon'],
        most_recent: true,
      },
      communicator: 'winrm',
      winrm_username: 'Administrator',
    } as const;

    it('winrm_password, winrm_host and winrm_use_ssl: no password is asked for, port 5986', async () => {
      let target: { host: string; port: number; password?: string } | undefined;
      await baked(
        { ...windows, winrm_password: 'given', winrm_host: 'fixed.example', winrm_use_ssl: true },
        {
          provision: async machine => {
            target = await machine.target(never);
          },
        },
      );
      assert.deepEqual([target?.host, target?.port, target?.password], ['fixed.example', 5986, 'given']);
      assert.deepEqual(callsOf(server, 'GetPasswordData'), []);
    });

    it('winrm_port wins over both usual ones', async () => {
      await baked({ ...windows, winrm_password: 'given', winrm_port: 15985 });
      assert.match(JSON.stringify(callsOf(server, 'AuthorizeSecurityGroupIngress')), /"FromPort":"15985"/);
    });

    it('windows_password_timeout ends the wait for a password that does not come', async () => {
      await server.close();
      await start();
      const key = join(folder(), 'key');
      writeFileSync(key, 'no key');
      // An image of Linux has no password to give.
      const { error } = await bake({
        ...minimal(server),
        communicator: 'winrm',
        winrm_username: 'Administrator',
        windows_password_timeout: 1,
        aws_polling: { delay_seconds: 1 },
      } as EbsOptions);
      assert.match((error as Error).message, /there is no Windows password after 1ms/);
      assert.deepEqual(leaks(server), {});
    });
  });

  describe('the session manager', () => {
    const through: Partial<EbsOptions> = {
      ssh_interface: 'session_manager',
      temporary_iam_instance_profile_policy_document: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['ssm:*'], Resource: ['*'] }],
      },
    };
    beforeEach(() => {
      process.env['AWS_ENDPOINT_URL_IAM'] = server.endpoint;
      process.env['AWS_ENDPOINT_URL_SSM'] = 'http://127.0.0.1:9';
      const bin = folder();
      writeFileSync(join(bin, 'session-manager-plugin'), '#!/bin/sh\nexec sleep 100\n', { mode: 0o755 });
      process.env['PATH'] = `${bin}:${process.env['PATH']}`;
    });

    it('session_manager_port unset: the first free port from 8000 to 9000', async () => {
      let target: { host: string; port: number } | undefined;
      await baked(through, {
        provision: async machine => {
          target = await machine.target(never);
        },
      });
      assert.equal(target?.host, 'localhost');
      assert.ok(target.port >= 8000 && target.port <= 9000);
    });

    it('pause_before_ssm comes before the tunnel, and ends with the build', async () => {
      const cancelled = new AbortController();
      const pausing = bake({ ...minimal(server), ...through, pause_before_ssm: 3_600_000 } as EbsOptions, {
        signal: cancelled.signal,
      });
      while (callsOf(server, 'DescribeInstances').length === 0) await new Promise(resolve => setTimeout(resolve, 5));
      setTimeout(() => cancelled.abort(new Error('enough')), 50);
      const { error, run } = await pausing;
      assert.match(String(error), /enough/);
      assert.ok(run.ui.said.some(text => /pause_before_ssm/.test(text)));
      assert.deepEqual(leaks(server), {});
      const { run: short } = await baked({ ...through, pause_before_ssm: 1 });
      assert.ok(short.ui.said.some(text => /pause_before_ssm/.test(text)));
    });
  });

  describe('the rest', () => {
    it('skip_profile_validation does not look the profile up', async () => {
      process.env['AWS_ENDPOINT_URL_IAM'] = server.endpoint;
      await bake({ ...minimal(server), iam_instance_profile: 'unknown', skip_profile_validation: true } as EbsOptions);
      assert.deepEqual(callsOf(server, 'GetInstanceProfile'), []);
      assert.deepEqual(launch()['IamInstanceProfile'], { Name: 'unknown' });
    });

    it('placement.host_resource_group_arn', async () => {
      const arn = 'arn:aws:resource-groups:us-east-1:123456789012:group/hosts';
      await bake({ ...minimal(server), placement: { host_resource_group_arn: arn, tenancy: 'host' } } as EbsOptions);
      assert.deepEqual(launch()['Placement'], { Tenancy: 'host', HostResourceGroupArn: arn });
    });

    it('block_duration_minutes and spot_price_auto_product have no effect', async () => {
      await baked({
        instance_type: undefined,
        spot_instance_types: ['m5.large'],
        spot_price: 'auto',
        block_duration_minutes: 60,
        spot_price_auto_product: 'Linux/UNIX',
      });
      assert.doesNotMatch(JSON.stringify(server.calls.map(call => call.params)), /BlockDuration|ProductDescription/);
    });

    it('keys that Packer’s core injects are accepted and have no effect of their own', async () => {
      const { complaints } = await baked({
        packer_build_name: 'x',
        packer_builder_type: 'amazon-ebs',
        packer_core_version: '1.9.0',
        packer_debug: false,
        packer_force: false,
        packer_on_error: 'cleanup',
        packer_user_variables: { a: 'b' },
        packer_sensitive_variables: ['a'],
      });
      assert.deepEqual(
        complaints.filter(one => one.severity === 'error'),
        [],
      );
    });

    it('skip_credential_validation asks STS for nothing', async () => {
      await baked({ skip_credential_validation: true });
      assert.deepEqual(callsOf(server, 'GetCallerIdentity'), []);
    });
  });
});
