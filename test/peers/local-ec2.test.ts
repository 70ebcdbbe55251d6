import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { type TestEc2, testEc2 } from '../local-ec2/helpers.ts';

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly all: string;
}

const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;

describe('the embedded EC2, used by foreign clients', () => {
  let ec2: TestEc2;
  let folder: string;
  before(async () => {
    ec2 = await testEc2();
    folder = await mkdtemp(join(tmpdir(), 'kiln-peer-'));
  });
  after(async () => {
    await ec2.close();
    await rm(folder, { recursive: true, force: true });
  });

  function run(command: string, args: string[]): Promise<Ran> {
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      AWS_ACCESS_KEY_ID: ec2.server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ec2.server.credentials.secretAccessKey,
      AWS_DEFAULT_REGION: 'us-east-1',
      CHECKPOINT_DISABLE: '1',
      PACKER_CACHE_DIR: folder,
    };
    return new Promise(resolve => {
      execFile(command, args, { env, cwd: folder, timeout: 90_000 }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
        resolve({ code, stdout, all: stdout + stderr });
      });
    });
  }

  const aws = (...args: string[]): Promise<Ran> =>
    run('aws', ['--endpoint-url', ec2.server.endpoint, '--output', 'text', ...args]);

  it('lets the aws CLI launch, wait, image, look and clean up', async function () {
    this.timeout(120_000);
    if (!has('aws')) return this.skip();
    const ok = async (...args: string[]): Promise<string> => {
      const { code, all } = await aws(...args);
      assert.equal(code, 0, `aws ${args.join(' ')}: ${all}`);
      return all.trim();
    };
    const id = await ok(
      'ec2',
      'run-instances',
      '--image-id',
      'ami-0abcdef1234567890',
      '--instance-type',
      't3.micro',
      '--query',
      'Instances[0].InstanceId',
    );
    await ok('ec2', 'wait', 'instance-running', '--instance-ids', id);
    const image = await ok('ec2', 'create-image', '--instance-id', id, '--name', 'by-aws-cli', '--query', 'ImageId');
    await ok('ec2', 'wait', 'image-available', '--image-ids', image);
    await ok('ec2', 'terminate-instances', '--instance-ids', id);
    await ok('ec2', 'wait', 'instance-terminated', '--instance-ids', id);
    for (const what of [
      'instances',
      'snapshots',
      'key-pairs',
      'security-groups',
      'volumes',
      'vpcs',
      'subnets',
      'regions',
      'availability-zones',
      'tags',
      'instance-types',
      'instance-type-offerings',
      'network-interfaces',
      'launch-templates',
    ])
      await ok('ec2', `describe-${what}`, ...(what === 'snapshots' ? ['--owner-ids', 'self'] : []));
    assert.equal(await ok('ec2', 'describe-images', '--owners', 'self', '--query', 'Images[].Name'), 'by-aws-cli');
    assert.equal(await ok('sts', 'get-caller-identity', '--query', 'Account'), ec2.server.accountId);
    await ok('ec2', 'deregister-image', '--image-id', image);
    const { code, all } = await aws('ec2', 'describe-images', '--image-ids', image);
    assert.deepEqual([code > 0, /InvalidAMIID\.NotFound/.test(all)], [true, true]);
  });

  it('lets Packer bake an AMI and leave nothing else', async function () {
    this.timeout(120_000);
    if (!has('packer')) return this.skip();
    const before = ec2.server.state();
    await writeFile(
      join(folder, 'bake.json'),
      JSON.stringify({
        builders: [
          {
            type: 'amazon-ebs',
            region: 'us-east-1',
            custom_endpoint_ec2: ec2.server.endpoint,
            skip_credential_validation: true,
            skip_metadata_api_check: true,
            source_ami_filter: {
              filters: { name: 'ubuntu/images/*ubuntu-jammy-22.04-amd64-server-*', 'virtualization-type': 'hvm' },
              owners: ['099720109477'],
              most_recent: true,
            },
            instance_type: 't3.micro',
            associate_public_ip_address: true,
            launch_block_device_mappings: [{ device_name: '/dev/sda1', volume_size: 10, delete_on_termination: true }],
            communicator: 'none',
            ami_name: 'by-packer',
            ami_description: 'baked by a peer',
            ami_users: ['123456789012'],
            snapshot_users: ['123456789012'],
            ena_support: true,
            run_tags: { stage: 'run' },
            tags: { Base: '{{ .SourceAMIName }}' },
          },
        ],
      }),
    );
    const { code, all } = await run('packer', ['build', '-color=false', 'bake.json']);
    assert.equal(code, 0, all);
    const after = ec2.server.state();
    const made = after.images.filter(one => one.name === 'by-packer');
    assert.equal(made.length, 1);
    assert.match(made[0]?.tags['Base'] ?? '', /^ubuntu\/images\/hvm-ssd\/ubuntu-jammy/);
    assert.equal(after.snapshots.length, before.snapshots.length + 1);
    for (const kind of ['instances', 'volumes', 'keyPairs', 'securityGroups', 'launchTemplates'] as const)
      assert.deepEqual(after[kind], before[kind], kind);
  });

  it('lets Packer bake on a spot instance of a fleet', async function () {
    this.timeout(120_000);
    if (!has('packer')) return this.skip();
    await writeFile(
      join(folder, 'spot.json'),
      JSON.stringify({
        builders: [
          {
            type: 'amazon-ebs',
            region: 'us-east-1',
            custom_endpoint_ec2: ec2.server.endpoint,
            skip_credential_validation: true,
            skip_metadata_api_check: true,
            source_ami: 'ami-0abcdef1234567890',
            spot_price: 'auto',
            spot_instance_types: ['t3.micro', 't3.small'],
            communicator: 'none',
            ami_name: 'by-packer-spot',
          },
        ],
      }),
    );
    const { code, all } = await run('packer', ['build', '-color=false', 'spot.json']);
    assert.equal(code, 0, all);
    const { instances, launchTemplates, spotRequests, images } = ec2.server.state();
    assert.deepEqual([instances, launchTemplates, spotRequests], [[], [], []]);
    assert.ok(images.some(one => one.name === 'by-packer-spot'));
  });
});
