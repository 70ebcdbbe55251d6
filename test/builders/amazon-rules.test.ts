import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { catalog } from '../../src/catalog.ts';
import { planBuilds } from '../../src/engine/index.ts';
import { loadTemplate } from '../../src/template/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'kiln-rules-'));
after(() => rmSync(folder, { recursive: true, force: true }));
for (const name of ['cert.pem', 'key.pem']) writeFileSync(join(folder, name), name);

type Options = Readonly<Record<string, unknown>>;

/** What `kiln validate --local` finds in a template of one builder: `code: message`, warnings in brackets. */
async function verdict(type: string, options: Options): Promise<string[]> {
  const path = join(folder, 'template.json');
  writeFileSync(path, JSON.stringify({ builders: [{ type, ...options }] }, null, 1));
  const { template, diagnostics } = await loadTemplate(path, {
    vars: [],
    varFiles: [],
    only: [],
    except: [],
    syntaxOnly: false,
    env: {},
    cwd: folder,
    startedAt: new Date(),
  });
  assert.ok(template, JSON.stringify(diagnostics));
  const plans = await planBuilds(template, catalog, {
    force: false,
    debug: false,
    onError: 'cleanup',
    local: true,
    mustRun: true,
  });
  return plans.diagnostics.map(({ severity, code, message }) =>
    severity === 'error' ? `${code}: ${message}` : `(${code}: ${message})`,
  );
}

const launched = { region: 'us-east-1', source_ami: 'ami-12345678', instance_type: 't3.micro', ssh_username: 'ubuntu' };
const surrogate = {
  ...launched,
  ami_name: 'an-image',
  ami_virtualization_type: 'hvm',
  launch_block_device_mappings: [{ device_name: '/dev/sdf', volume_size: 1 }],
  ami_root_device: { source_device_name: '/dev/sdf', device_name: '/dev/xvda' },
};
const bundled = {
  ...launched,
  ami_name: 'an-image',
  account_id: '1234-5678-9012',
  s3_bucket: 'images',
  x509_cert_path: join(folder, 'cert.pem'),
  x509_key_path: join(folder, 'key.pem'),
};
const chrooted = { region: 'us-east-1', ami_name: 'an-image', source_ami: 'ami-12345678' };
const scratch = {
  region: 'us-east-1',
  ami_name: 'an-image',
  from_scratch: true,
  root_volume_size: 2,
  pre_mount_commands: ['mkfs.ext4 {{.Device}}'],
  ami_virtualization_type: 'hvm',
  root_device_name: '/dev/xvda',
  ami_block_device_mappings: [{ device_name: '/dev/xvda', delete_on_termination: true }],
};
const spot = { instance_type: undefined, spot_instance_types: ['m5.large'], spot_price: 'auto' };
const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** By builder: what is good, and what breaks one rule each, with what must be said. */
const RULES: Readonly<
  Record<
    string,
    { readonly good: readonly Options[]; readonly broken: readonly (readonly [string, Options, RegExp])[] }
  >
> = {
  'amazon-ebssurrogate': {
    good: [
      surrogate,
      { ...surrogate, ami_root_device: { ...surrogate.ami_root_device, volume_type: 'gp2', volume_size: 8 } },
      { ...surrogate, ...spot, ena_support: true, sriov_support: true },
      { ...surrogate, ami_description: 'of {{ .SourceAMI }}', tags: { a: '{{ .SourceAMIName }}' } },
    ],
    broken: [
      [
        'no virtualization type',
        { ...surrogate, ami_virtualization_type: '' },
        /"ami_virtualization_type" is required/,
      ],
      ['no root device', { ...surrogate, ami_root_device: undefined }, /"ami_root_device" is required/],
      [
        'no source device name',
        { ...surrogate, ami_root_device: { device_name: '/dev/xvda' } },
        /"source_device_name" is required/,
      ],
      [
        'no device name',
        { ...surrogate, ami_root_device: { source_device_name: '/dev/sdf' } },
        /"device_name" is required/,
      ],
      [
        'gp2 with iops',
        { ...surrogate, ami_root_device: { ...surrogate.ami_root_device, volume_type: 'gp2', iops: 100 } },
        /gp2 volumes do not take iops/,
      ],
      ['negative iops', { ...surrogate, ami_root_device: { ...surrogate.ami_root_device, iops: -1 } }, /at least 0/],
      [
        'a negative size',
        { ...surrogate, ami_root_device: { ...surrogate.ami_root_device, volume_size: -1 } },
        /at least 0/,
      ],
      [
        'a root that is not launched with',
        { ...surrogate, ami_root_device: { source_device_name: '/dev/sdz', device_name: '/dev/xvda' } },
        /no mapping of launch_block_device_mappings is named \/dev\/sdz/,
      ],
      [
        'a root that is omitted',
        {
          ...surrogate,
          launch_block_device_mappings: [{ device_name: '/dev/sdf', volume_size: 1, omit_from_artifact: true }],
        },
        /\/dev\/sdf is to become the root of the image, so it cannot be left out/,
      ],
      [
        'a root that is an instance store',
        { ...surrogate, launch_block_device_mappings: [{ device_name: '/dev/sdf', virtual_name: 'ephemeral0' }] },
        /so it must be an EBS volume/,
      ],
      [
        'a root that is left out',
        { ...surrogate, launch_block_device_mappings: [{ device_name: '/dev/sdf', no_device: true }] },
        /so it must be an EBS volume/,
      ],
      [
        'CreateImage of a spot instance',
        { ...surrogate, ...spot, use_create_image: true },
        /a spot instance does not stop/,
      ],
      ['UEFI data with BIOS', { ...surrogate, uefi_data: 'AA', boot_mode: 'legacy-bios' }, /no use for uefi_data/],
      ['an unknown architecture', { ...surrogate, ami_architecture: 'mips' }, /"mips" is not a value/],
      ['a bad name', { ...surrogate, ami_name: 'a:b:c' }, /characters that EC2 does not take/],
      ['no source', { ...surrogate, source_ami: '' }, /which image to start from/],
      [
        'throughput of gp2',
        {
          ...surrogate,
          launch_block_device_mappings: [{ device_name: '/dev/sdf', volume_type: 'gp2', throughput: 200 }],
        },
        /only gp3 takes a throughput/,
      ],
    ],
  },
  'amazon-ebsvolume': {
    good: [
      launched,
      { ...launched, ebs_volumes: [{ device_name: '/dev/sdf', volume_size: 1, tags: { a: '{{ .SourceAMI }}' } }] },
      {
        ...launched,
        ebs_volumes: [
          { device_name: '/dev/sdf', snapshot_volume: true, snapshot_description: 'of it', volume_size: 1 },
        ],
      },
    ],
    broken: [
      [
        'a description without snapshot',
        { ...launched, ebs_volumes: [{ device_name: '/dev/sdf', snapshot_description: 'of it' }] },
        /\/dev\/sdf has a snapshot_description, but no snapshot is made/,
      ],
      ['ENA on spot', { ...launched, ...spot, ena_support: true }, /ena_support cannot be switched on a spot instance/],
      ['SR-IOV on spot', { ...launched, ...spot, sriov_support: true }, /sriov_support cannot be switched/],
      ['a volume without name', { ...launched, ebs_volumes: [{ volume_size: 1 }] }, /"device_name" is required/],
      [
        'a key for what is not encrypted',
        { ...launched, ebs_volumes: [{ device_name: '/dev/sdf', encrypted: false, kms_key_id: key }] },
        /not to be encrypted/,
      ],
      ['an AMI name', { ...launched, ami_name: 'x' }, /unknown option "ami_name"/],
    ],
  },
  'amazon-chroot': {
    good: [
      chrooted,
      scratch,
      { ...chrooted, source_ami: undefined, source_ami_filter: { filters: { name: 'x' }, most_recent: true } },
      { ...chrooted, copy_files: [], chroot_mounts: [['bind', '/srv', '/srv']], command_wrapper: 'sudo {{.Command}}' },
      { ...chrooted, root_volume_encrypt_boot: true, root_volume_kms_key_id: key },
      // Without encryption the form of the key does not matter, as in Packer.
      { ...chrooted, root_volume_kms_key_id: 'no key' },
    ],
    broken: [
      ['no source', { ...chrooted, source_ami: '' }, /which image to start from/],
      ['a mount of two', { ...chrooted, chroot_mounts: [['bind', '/srv']] }, /has 2 items, not three/],
      ['no size', { ...scratch, root_volume_size: 0 }, /from_scratch needs "root_volume_size"/],
      ['no commands', { ...scratch, pre_mount_commands: [] }, /from_scratch needs "pre_mount_commands"/],
      [
        'no virtualization',
        { ...scratch, ami_virtualization_type: '' },
        /from_scratch needs "ami_virtualization_type"/,
      ],
      ['no root device', { ...scratch, root_device_name: '' }, /from_scratch needs "root_device_name"/],
      ['no mappings', { ...scratch, ami_block_device_mappings: [] }, /from_scratch needs "ami_block_device_mappings"/],
      ['io1 from scratch', { ...scratch, root_volume_type: 'io1' }, /io1 volume needs iops/],
      [
        'mappings without root',
        { ...chrooted, ami_block_device_mappings: scratch.ami_block_device_mappings, root_volume_size: 2 },
        /do not say which of them is the root/,
      ],
      ['a root without mappings', { ...chrooted, root_device_name: '/dev/xvda' }, /which are missing/],
      [
        'a key although not encrypted',
        { ...chrooted, root_volume_encrypt_boot: false, root_volume_kms_key_id: key },
        /not to be encrypted/,
      ],
      [
        'a key that is none',
        { ...chrooted, root_volume_encrypt_boot: true, root_volume_kms_key_id: 'My Key' },
        /does not name a KMS key/,
      ],
      ['credentials by halves', { ...chrooted, access_key: 'a' }, /access_key and secret_key are given together/],
      ['a communicator', { ...chrooted, ssh_username: 'x' }, /unknown option "ssh_username"/],
    ],
  },
  'amazon-instance': {
    good: [bundled, { ...bundled, bundle_vol_command: 'bundle {{.Prefix}}', tpm_support: 'v2.0' }],
    broken: [
      ['no account', { ...bundled, account_id: '' }, /"account_id" is required/],
      ['no bucket', { ...bundled, s3_bucket: '' }, /"s3_bucket" is required/],
      ['no certificate', { ...bundled, x509_cert_path: '' }, /"x509_cert_path" is required/],
      ['no key', { ...bundled, x509_key_path: '' }, /"x509_key_path" is required/],
      ['a certificate that is not there', { ...bundled, x509_cert_path: '/no/cert' }, /"\/no\/cert" does not exist/],
      ['a key that is not there', { ...bundled, x509_key_path: '/no/key' }, /"\/no\/key" does not exist/],
      ['ENA on spot', { ...bundled, ...spot, ena_support: true }, /ena_support cannot be switched on a spot instance/],
      ['SR-IOV on spot', { ...bundled, ...spot, sriov_support: true }, /sriov_support cannot be switched/],
      ['enclaves on spot', { ...bundled, ...spot, enable_nitro_enclave: true }, /no Nitro enclaves on spot/],
      ['an unknown TPM', { ...bundled, tpm_support: 'v1' }, /"v1" is not a value/],
    ],
  },
};

for (const [type, { good, broken }] of Object.entries(RULES)) {
  describe(`kiln validate of ${type}`, () => {
    for (const [index, options] of good.entries()) {
      it(`accepts good template ${index + 1}`, async () => assert.deepEqual(await verdict(type, options), []));
    }
    for (const [name, options, message] of broken) {
      it(`refuses ${name}`, async () => {
        const errors = (await verdict(type, options)).filter(one => !one.startsWith('('));
        assert.equal(errors.length, 1, errors.join('\n'));
        assert.match(errors[0] ?? '', message);
      });
    }
  });
}

describe('kiln validate of amazon-chroot warns', () => {
  it('that a source has no effect from scratch', async () => {
    const found = await verdict('amazon-chroot', { ...scratch, source_ami: 'ami-12345678' });
    assert.deepEqual(found, ['(unused-option: source_ami has no effect with from_scratch)']);
  });

  it('that mappings replace those of the source', async () => {
    const own = { ami_block_device_mappings: scratch.ami_block_device_mappings, root_device_name: '/dev/xvda' };
    const found = await verdict('amazon-chroot', { ...chrooted, ...own, root_volume_size: 3 });
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^\(replaced-mappings: ami_block_device_mappings replace all/);
  });

  it('that mappings do not name the root', async () => {
    const found = await verdict('amazon-chroot', { ...scratch, root_device_name: '/dev/sda1' });
    assert.match(found.join(), /^\(missing-root-device: no mapping .* is named \/dev\/sda1/);
  });
});
