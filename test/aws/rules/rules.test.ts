import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { plugin } from '../../../builders/amazon-ebs/index.ts';
import type { EbsOptions } from '../../../builders/amazon-ebs/schema.ts';
import { isCidr } from '../../../src/aws/rules/cidr.ts';
import { checkBoot, copyRegions, csvRow } from '../../../src/aws/rules/index.ts';
import type { BuildInfo } from '../../../src/sdk/plugin.ts';
import { testPrepare } from '../../helpers/run-context.ts';

const good: EbsOptions = {
  ami_name: 'an-image',
  instance_type: 't3.micro',
  source_ami: 'ami-12345678',
  ssh_username: 'ubuntu',
  region: 'us-east-1',
  temporary_security_group_source_cidrs: ['10.0.0.0/8'],
};

/** What prepare complains about, as `path: code`. */
async function complaints(options: Partial<EbsOptions>, build: Partial<BuildInfo> = {}): Promise<string[]> {
  const context = testPrepare(build);
  await plugin.prepare({ ...good, ...options } as EbsOptions, context);
  return context.complaints.map(one => `${one.path}: ${one.code}`);
}

const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const gp3 = { device_name: '/dev/sda1', volume_type: 'gp3', volume_size: 10 };

/** Options that break one rule, and the one complaint that must follow. */
const broken: readonly (readonly [string, Partial<EbsOptions>, readonly string[]])[] = [
  ['an AMI name is too short', { ami_name: 'ab' }, ['ami_name: bad-ami-name']],
  ['an AMI name is too long', { ami_name: 'x'.repeat(129) }, ['ami_name: bad-ami-name']],
  ['an AMI name has a colon', { ami_name: 'web 10:30' }, ['ami_name: bad-ami-name']],
  [
    'Vault and a static key',
    { access_key: 'a', secret_key: 'b', vault_aws_engine: { name: 'r' } },
    ['access_key: conflicting-options'],
  ],
  ['Vault without a role', { vault_aws_engine: { ttl: '1h' } }, ['vault_aws_engine: missing-option']],
  ['an endpoint is no URL', { custom_endpoint_ec2: 'localhost:4566' }, ['custom_endpoint_ec2: bad-value']],
  [
    'a region has no key',
    { encrypt_boot: true, ami_regions: ['a-1', 'b-1'], region_kms_key_ids: { 'a-1': '' } },
    ['ami_regions.1: missing-region-key'],
  ],
  [
    'a key has no region',
    { encrypt_boot: true, ami_regions: ['a-1'], region_kms_key_ids: { 'a-1': '', 'b-1': '' } },
    ['region_kms_key_ids.b-1: missing-region-key'],
  ],
  ['a key without encryption', { kms_key_id: key }, ['kms_key_id: conflicting-options']],
  ['a key that is none', { encrypt_boot: true, kms_key_id: 'My Key' }, ['kms_key_id: bad-kms-key']],
  [
    'an image is shared under the default key',
    { encrypt_boot: true, ami_users: ['123456789012'] },
    ['ami_users: shared-default-key'],
  ],
  [
    'an organization under the default key',
    { encrypt_boot: true, ami_org_arns: ['arn:o'] },
    ['ami_org_arns: shared-default-key'],
  ],
  [
    'an organizational unit under the default key',
    { encrypt_boot: true, ami_ou_arns: ['arn:ou'] },
    ['ami_ou_arns: shared-default-key'],
  ],
  [
    'snapshots shared under the default key',
    { encrypt_boot: true, snapshot_users: ['123456789012'] },
    ['snapshot_users: shared-default-key'],
  ],
  [
    'a copy shared under its default key',
    {
      encrypt_boot: true,
      kms_key_id: key,
      ami_regions: ['a-1'],
      region_kms_key_ids: { 'a-1': '' },
      ami_users: ['123456789012'],
    },
    ['region_kms_key_ids.a-1: shared-default-key'],
  ],
  ['deprecate_at is no instant', { deprecate_at: 'next year' }, ['deprecate_at: bad-value']],
  ['no source', { source_ami: undefined }, ['source_ami: missing-option']],
  [
    'a source filter without owners',
    { source_ami: undefined, source_ami_filter: { filters: { name: 'x' } } },
    ['source_ami_filter: missing-owners'],
  ],
  [
    'a filter value is empty',
    { source_ami_filter: { filters: { name: '' }, owners: ['self'] } },
    ['source_ami_filter.filters.name: empty-filter'],
  ],
  [
    'a filter value has an open quote',
    { subnet_filter: { filters: { 'tag:a': '"x' } } },
    ['subnet_filter.filters.tag:a: bad-filter'],
  ],
  ['fleet tags on demand', { fleet_tags: { a: 'b' } }, ['fleet_tags: conflicting-options']],
  ['spot tags on demand, as a block', { spot_tag: [{ key: 'a', value: 'b' }] }, ['spot_tag: conflicting-options']],
  ['spot tags with a price of 0', { spot_price: '0', spot_tags: { a: 'b' } }, ['spot_tags: conflicting-options']],
  ['an odd duration of spot', { block_duration_minutes: 90 }, ['block_duration_minutes: bad-value']],
  ['a user data file that is missing', { user_data_file: '/does/not/exist' }, ['user_data_file: missing-file']],
  [
    'a source range that is none',
    { temporary_security_group_source_cidrs: ['10.0.0.1'] },
    ['temporary_security_group_source_cidrs.0: bad-cidr'],
  ],
  [
    'unlimited credits on m5',
    { enable_unlimited_credits: true, instance_type: 'm5.large' },
    ['enable_unlimited_credits: conflicting-options'],
  ],
  [
    'the old credit option on m5',
    { enable_t2_unlimited: true, instance_type: 'm5.large' },
    ['enable_t2_unlimited: conflicting-options'],
  ],
  [
    'unlimited t2 on spot',
    { enable_unlimited_credits: true, instance_type: 't2.micro', spot_price: 'auto' },
    ['enable_unlimited_credits: conflicting-options'],
  ],
  ['tenancy twice', { tenancy: 'host', placement: { tenancy: 'host' } }, ['tenancy: conflicting-options']],
  [
    'a host and a host group',
    { placement: { host_id: 'h-1', host_resource_group_arn: 'arn:g' } },
    ['placement.host_id: conflicting-options'],
  ],
  [
    'a host with another tenancy',
    { placement: { host_id: 'h-1', tenancy: 'dedicated' } },
    ['placement.tenancy: conflicting-options'],
  ],
  [
    'an enclave on spot',
    { enable_nitro_enclave: true, instance_type: 'm5.xlarge', spot_price: 'auto' },
    ['enable_nitro_enclave: conflicting-options'],
  ],
  ['an enclave on a T instance', { enable_nitro_enclave: true }, ['enable_nitro_enclave: conflicting-options']],
  [
    'the session manager and WinRM',
    { ssh_interface: 'session_manager', communicator: 'winrm', winrm_username: 'a', iam_instance_profile: 'p' },
    ['ssh_interface: conflicting-options'],
  ],
  ['the session manager without a role', { ssh_interface: 'session_manager' }, ['ssh_interface: missing-option']],
  ['a key pair without its private half', { ssh_keypair_name: 'k' }, ['ssh_keypair_name: missing-option']],
  [
    'a key pair for WinRM without its private half',
    { ssh_keypair_name: 'k', communicator: 'winrm', winrm_username: 'a' },
    ['ssh_keypair_name: missing-option'],
  ],
  [
    'an ed25519 key for a Windows password',
    { communicator: 'winrm', winrm_username: 'a', temporary_key_pair_type: 'ed25519' },
    ['temporary_key_pair_type: conflicting-options'],
  ],
  [
    'a mapping key without encryption',
    { launch_block_device_mappings: [{ ...gp3, encrypted: false, kms_key_id: key }] },
    ['launch_block_device_mappings.0.kms_key_id: bad-block-device'],
  ],
  [
    'too many iops for the size',
    { launch_block_device_mappings: [{ device_name: 'a', volume_type: 'io1', volume_size: 10, iops: 510 }] },
    ['launch_block_device_mappings.0.iops: bad-block-device'],
  ],
  [
    'too few iops',
    { ami_block_device_mappings: [{ device_name: 'a', volume_type: 'io2', volume_size: 10, iops: 99 }] },
    ['ami_block_device_mappings.0.iops: bad-block-device'],
  ],
  [
    'gp3 iops out of range',
    { launch_block_device_mappings: [{ ...gp3, iops: 2000 }] },
    ['launch_block_device_mappings.0.iops: bad-block-device'],
  ],
  [
    'gp3 throughput out of range',
    { launch_block_device_mappings: [{ ...gp3, throughput: 1001 }] },
    ['launch_block_device_mappings.0.throughput: bad-block-device'],
  ],
  [
    'throughput on gp2',
    { launch_block_device_mappings: [{ ...gp3, volume_type: 'gp2', throughput: 200 }] },
    ['launch_block_device_mappings.0.throughput: bad-block-device'],
  ],
  ['ENA on spot', { ena_support: true, spot_price: 'auto' }, ['ena_support: conflicting-options']],
  ['SR-IOV on spot', { sriov_support: true, spot_price: '0.1' }, ['sriov_support: conflicting-options']],
  [
    'few parallel fast launches',
    { fast_launch: { max_parallel_launches: 5 } },
    ['fast_launch.max_parallel_launches: bad-fast-launch'],
  ],
  [
    'negative fast launch resources',
    { fast_launch: { target_resource_count: -1 } },
    ['fast_launch.target_resource_count: bad-fast-launch'],
  ],
  [
    'a fast launch template twice',
    { fast_launch: { template_id: 'lt-1', template_name: 'n' } },
    ['fast_launch.template_name: bad-fast-launch'],
  ],
  [
    'a fast launch version without template',
    { fast_launch: { template_version: 2 } },
    ['fast_launch.template_version: bad-fast-launch'],
  ],
  [
    'a fast launch region twice',
    { fast_launch: { template_id: 'lt-1', region_launch_templates: [{ region: 'us-east-1', template_id: 'lt-2' }] } },
    ['fast_launch.region_launch_templates.0.region: bad-fast-launch'],
  ],
  [
    'a fast launch region the image does not go to',
    { fast_launch: { region_launch_templates: [{ region: 'eu-west-1', template_id: 'lt-2' }] } },
    ['fast_launch.region_launch_templates.0.region: bad-fast-launch'],
  ],
  [
    'a fast launch region without template',
    { fast_launch: { region_launch_templates: [{ region: 'us-east-1' }] } },
    ['fast_launch.region_launch_templates.0: bad-fast-launch'],
  ],
];

describe('rules of amazon-ebs', () => {
  it('accept a plain builder', async () => {
    assert.deepEqual(await complaints({}), []);
  });

  for (const [title, options, expected] of broken) {
    it(`complain once, at the place: ${title}`, async () => {
      assert.deepEqual(await complaints(options), expected);
    });
  }

  it('accept what is right at the edges', async () => {
    assert.deepEqual(
      await complaints({
        ami_name: "abc ()[]./-'@_9",
        encrypt_boot: true,
        kms_key_id: 'alias/images',
        ami_regions: ['eu-west-1'],
        region_kms_key_ids: { 'eu-west-1': key },
        ami_users: ['123456789012'],
        deprecate_at: '2031-05-01T00:00:00Z',
        spot_price: '0',
        launch_block_device_mappings: [{ ...gp3, iops: 3000, throughput: 125 }],
        fast_launch: {
          max_parallel_launches: 6,
          region_launch_templates: [{ region: 'eu-west-1', enable_fast_launch: false }],
        },
      }),
      [],
    );
  });

  it('a user data file that can be read is accepted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kiln-'));
    try {
      const file = join(folder, 'data.sh');
      writeFileSync(file, '#!/bin/sh\n');
      assert.deepEqual(await complaints({ user_data_file: file }), []);
      assert.deepEqual(await complaints({ user_data_file: folder }), ['user_data_file: missing-file']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('the hint for a bad AMI name is one that will do', async () => {
    const context = testPrepare();
    await plugin.prepare({ ...good, ami_name: 'web 10:30 é' }, context);
    assert.match(context.complaints[0]?.hint ?? '', /"web 10-30 --"/);
    assert.match(context.complaints[0]?.message ?? '', /":" "é"/);
  });

  it('credentials are made known as secrets', async () => {
    const context = testPrepare();
    await plugin.prepare({ ...good, access_key: 'AKIA', secret_key: 'hush', token: 'tok' }, context);
    assert.deepEqual(context.secrets, ['AKIA', 'hush', 'tok']);
  });
});

describe('the warning about an open security group', () => {
  const open = { temporary_security_group_source_cidrs: undefined };
  const warned = ['temporary_security_group_source_cidrs: open-security-group'];

  it('comes by default and for ranges that are everything', async () => {
    assert.deepEqual(await complaints(open), warned);
    assert.deepEqual(await complaints({ temporary_security_group_source_cidrs: ['10.0.0.0/8', '::/0'] }), warned);
  });

  it('does not come when the group is closed, not made or not opened', async () => {
    assert.deepEqual(await complaints({ ...open, temporary_security_group_source_public_ip: true }), []);
    assert.deepEqual(await complaints({ ...open, security_group_id: 'sg-1' }), []);
    assert.deepEqual(await complaints({ ...open, security_group_filter: { filters: { a: 'b' } } }), []);
    assert.deepEqual(await complaints({ ...open, communicator: 'none' }), []);
    assert.deepEqual(await complaints({ ...open, ssh_interface: 'session_manager', iam_instance_profile: 'p' }), []);
    assert.deepEqual(await complaints(open, { local: true }), []);
  });

  it('is a warning, not an error', async () => {
    const context = testPrepare();
    await plugin.prepare({ ...good, ...open }, context);
    assert.equal(context.complaints[0]?.severity, 'warning');
  });
});

describe('rules of single values', () => {
  it('filter values are rows of CSV', () => {
    assert.deepEqual(csvRow('a,b'), ['a', 'b']);
    assert.deepEqual(csvRow('a, b'), ['a', 'b']);
    assert.deepEqual(csvRow('"a,b",c'), ['a,b', 'c']);
    assert.deepEqual(csvRow('"say ""hi"""'), ['say "hi"']);
    assert.deepEqual(csvRow('a,'), ['a', '']);
    for (const bad of ['', ' ', '"a', 'a"b', '"a"b']) assert.equal(csvRow(bad), undefined, bad);
  });

  it('copies go neither twice nor to the build region', () => {
    assert.deepEqual(copyRegions(['a', 'b', 'a', 'c'], 'b'), ['a', 'c']);
  });

  it('UEFI data need a UEFI image', () => {
    const check = (options: Parameters<typeof checkBoot>[0]): number => {
      const context = testPrepare();
      checkBoot(options, context);
      return context.complaints.length;
    };
    assert.equal(check({ uefi_data: 'x', boot_mode: 'legacy-bios' }), 1);
    assert.equal(check({ uefi_data: 'x' }), 1);
    assert.equal(check({ uefi_data: 'x', ami_architecture: 'arm64' }), 0);
    assert.equal(check({ uefi_data: 'x', boot_mode: 'uefi' }), 0);
    assert.equal(check({}), 0);
  });
});

describe('ranges of addresses', () => {
  it('agree with node:net about what an address is', () => {
    const addresses = [
      ...['10.0.0.0', '255.255.255.255', '256.0.0.1', '1.2.3', '01.2.3.4', '', 'a.b.c.d', '1.2.3.4.5'],
      ...[
        '::',
        '::1',
        '2001:db8::',
        '1:2:3:4:5:6:7:8',
        '1:2:3:4:5:6:7',
        '1::2::3',
        '::ffff:1.2.3.4',
        ':1',
        '1:',
        'g::',
      ],
      ...['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:8::', '12345::', '::1.2.3'],
    ];
    for (const address of addresses) assert.equal(isCidr(`${address}/0`), isIP(address) !== 0, address);
  });

  it('have a length that fits', () => {
    for (const good of ['10.0.0.0/0', '10.0.0.0/32', '::/128']) assert.ok(isCidr(good), good);
    for (const bad of ['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1'])
      assert.ok(!isCidr(bad), bad);
  });
});
