import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plugin } from '../../../builders/amazon-chroot/index.ts';
import type { ChrootOptions } from '../../../builders/amazon-chroot/schema.ts';
import { createAws } from '../../../src/aws/client/index.ts';
import { mountsBelow } from '../../../src/aws/volumes/left-mounts.ts';
import type { LocalEc2, LocalEc2Options } from '../../../src/local-ec2/index.ts';
import { type BuilderBakeOptions, bakeBuilder } from '../../helpers/amazon-bake.ts';
import { type Baked, bake as bakeEbs, callsOf, hollowEc2, leaks, minimal } from '../../helpers/ebs-bake.ts';
import { aloneWithHostDevices } from '../../helpers/host-devices.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const never = new AbortController().signal;
const able = process.platform === 'linux' && process.geteuid?.() === 0 && existsSync('/dev/loop-control');

/**
 * The embedded EC2 without machines attaches nothing for real: a loop device of the test's takes the volume's place.
 * Whole builds are in test/e2e/amazon-builders.test.ts.
 */
describe(`an amazon-chroot bake (needs Linux, root and loop devices${able ? '' : ': skipped'})`, function () {
  aloneWithHostDevices();
  this.timeout(60_000);
  let server: LocalEc2;
  let loop = '';
  let mountPath = '';
  const environment = { ...process.env };

  const start = async (options: Partial<LocalEc2Options> = {}): Promise<void> => {
    server = await hollowEc2(folder(), options);
    process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = server.endpoint;
  };
  beforeEach(async function () {
    if (!able) return this.skip();
    await start();
    const disk = join(folder(), 'disk.img');
    const tree = folder();
    mkdirSync(join(tree, 'etc'));
    symlinkSync('../run/resolv.conf', join(tree, 'etc/resolv.conf'));
    symlinkSync('/', join(tree, 'out'));
    execFileSync('truncate', ['-s', '32M', disk]);
    execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', tree, disk]);
    loop = execFileSync('losetup', ['--find', '--show', disk], { encoding: 'utf8' }).trim();
    mountPath = join(folder(), 'mount');
  });
  afterEach(async () => {
    if (loop) {
      execFileSync('losetup', ['--detach', loop]);
      assert.deepEqual(await mountsBelow(mountPath), []);
      assert.equal(existsSync(mountPath), false);
    }
    loop = '';
    await server?.close();
    process.env = { ...environment };
  });
  const folder = tempFolders();

  const bake = async (options: Partial<ChrootOptions> = {}, extra?: BuilderBakeOptions): Promise<Baked> => {
    const { source_ami: _, instance_type: __, ssh_username: ___, ...access } = minimal(server);
    return bakeBuilder(
      plugin,
      {
        ...access,
        device_path: '/dev/xvdf',
        nvme_device_path: loop,
        mount_partition: '0',
        mount_path: mountPath,
        chroot_mounts: [['tmpfs', 'tmpfs', '/inner']],
        copy_files: [],
        ...options,
      } as ChrootOptions,
      extra,
    );
  };
  /** An image with a root volume of 8 GiB and one more, to start from. */
  const source = async (): Promise<string> => {
    const { artifact, error } = await bakeEbs({
      ...minimal(server),
      ami_name: 'base',
      launch_block_device_mappings: [{ device_name: '/dev/sdh', volume_size: 3, delete_on_termination: true }],
    });
    if (error) throw error;
    return artifact?.id.split(':')[1] ?? '';
  };
  const baked = async (options: Partial<ChrootOptions>, extra?: BuilderBakeOptions): Promise<Baked> => {
    const result = await bake(options, extra);
    if (result.error) throw result.error;
    assert.deepEqual(result.undoFailures, []);
    assert.deepEqual(server.state().volumes, []);
    return result;
  };
  const scratch: Partial<ChrootOptions> = {
    from_scratch: true,
    ami_virtualization_type: 'hvm',
    root_volume_size: 4,
    root_device_name: '/dev/xvda',
    pre_mount_commands: ['true {{.Device}}'],
    ami_block_device_mappings: [{ device_name: '/dev/xvda', volume_size: 2, encrypted: true }],
  };

  it('makes a volume of the source’s root, attaches it by EC2’s name, and registers an image like its source', async () => {
    const base = await source();
    const { artifact, machine, run } = await baked({
      source_ami: base,
      root_volume_size: 20,
      root_volume_type: 'gp3',
      root_volume_tags: { of: '{{ .SourceAMI }}' },
      root_volume_tag: [{ key: 'more', value: 'yes' }],
      root_volume_encrypt_boot: true,
      root_volume_kms_key_id: 'alias/root',
      tags: { from: '{{ .SourceAMIName }}' },
      snapshot_tags: { snap: 'yes' },
      ami_description: 'made in a chroot',
      ena_support: true,
    });
    const [volume] = callsOf(server, 'CreateVolume');
    assert.deepEqual(
      [volume?.Size, volume?.VolumeType, volume?.Encrypted, volume?.KmsKeyId],
      ['20', 'gp3', 'true', 'alias/root'],
    );
    const tags = JSON.stringify(volume?.TagSpecification);
    assert.match(tags, new RegExp(`"of","Value":"${base}"`));
    assert.match(tags, /"more"/);
    assert.equal(callsOf(server, 'AttachVolume')[0]?.Device, '/dev/sdf');
    assert.equal(artifact?.builderId, 'mitchellh.amazon.chroot');
    assert.deepEqual([machine?.buildData['Device'], machine?.buildData['MountPath']], [loop, mountPath]);

    const ec2 = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
    const id = artifact?.id.split(':')[1] ?? '';
    const image = (await ec2.describeImages({ ImageIds: [id] }, never)).Images?.[0];
    assert.deepEqual([image?.Description, image?.RootDeviceName], ['made in a chroot', '/dev/sda1']);
    assert.deepEqual(
      image?.BlockDeviceMappings?.map(one => `${one.DeviceName} ${one.Ebs?.VolumeSize} ${one.Ebs?.VolumeType}`).sort(),
      ['/dev/sda1 20 gp3', '/dev/sdh 3 gp2'],
    );
    const [request] = callsOf(server, 'RegisterImage');
    assert.doesNotMatch(JSON.stringify(request?.BlockDeviceMapping), /Encrypted/);
    assert.equal(request?.EnaSupport, 'true');
    const made = server.state().images.find(one => one.id === id);
    assert.deepEqual([made?.tags['from'], made?.tags['kiln:expires']], ['base', 'never']);
    const order = server.calls
      .map(call => call.action)
      .filter(one => /^(CreateVolume|AttachVolume|DetachVolume|CreateSnapshot|RegisterImage|DeleteVolume)$/.test(one));
    assert.deepEqual(order, [
      'CreateVolume',
      'AttachVolume',
      'DetachVolume',
      'CreateSnapshot',
      'RegisterImage',
      'DeleteVolume',
    ]);
    assert.ok(
      run.resources.log.some(one => one.ref.with?.['mount'] === mountPath),
      'the ledger knows the mount',
    );
  });

  it('registers an image from scratch by the options alone', async () => {
    await baked({ ...scratch, ami_architecture: 'arm64', boot_mode: 'uefi', tpm_support: 'v2.0' });
    const [volume] = callsOf(server, 'CreateVolume');
    assert.deepEqual([volume?.Size, volume?.VolumeType, volume?.SnapshotId], ['4', 'gp2', undefined]);
    const [request] = callsOf(server, 'RegisterImage');
    assert.deepEqual(
      [request?.Architecture, request?.VirtualizationType, request?.BootMode, request?.TpmSupport],
      ['arm64', 'hvm', 'uefi', 'v2.0'],
    );
    const [mapping] = request?.BlockDeviceMapping as { DeviceName: string; Ebs: Record<string, string> }[];
    assert.deepEqual([mapping?.DeviceName, mapping?.Ebs['VolumeSize']], ['/dev/xvda', '4']);
  });

  it('runs commands of this host in the wrapper, before and after mounting', async () => {
    const log = join(folder(), 'log');
    await baked({
      ...scratch,
      command_wrapper: 'env WRAPPED=yes {{.Command}}',
      pre_mount_commands: [`sh -c 'echo "before $WRAPPED {{.Device}}" >>${log}'`],
      post_mount_commands: [
        `sh -c 'echo "after $WRAPPED {{.Device}} {{.MountPath}}" >>${log}; ls {{.MountPath}} >>${log}'`,
      ],
    });
    assert.equal(
      readFileSync(log, 'utf8'),
      `before yes ${loop}\nafter yes ${loop} ${mountPath}\netc\nlost+found\nout\n`,
    );
  });

  it('mounts with options, mounts below and copies files; what was there comes back', async () => {
    let seen: readonly unknown[] = [];
    await baked(
      {
        ...scratch,
        mount_options: ['noatime', 'nosuid'],
        chroot_mounts: [
          ['tmpfs', 'tmpfs', '/inner'],
          ['bind', '/sys', '/sys'],
        ],
        copy_files: ['/etc/resolv.conf', '/etc/hostname'],
      },
      {
        provision: async () => {
          const mounts = readFileSync('/proc/self/mounts', 'utf8');
          seen = [
            await mountsBelow(mountPath),
            new RegExp(`${mountPath} ext4 \\S*nosuid,noatime`).test(mounts),
            lstatSync(join(mountPath, 'etc/resolv.conf')).isFile(),
            readFileSync(join(mountPath, 'etc/hostname'), 'utf8') === readFileSync('/etc/hostname', 'utf8'),
          ];
        },
      },
    );
    assert.deepEqual(seen, [[mountPath, join(mountPath, 'inner'), join(mountPath, 'sys')], true, true, true]);
    mkdirSync(mountPath);
    execFileSync('mount', [loop, mountPath]);
    try {
      assert.equal(readlinkSync(join(mountPath, 'etc/resolv.conf')), '../run/resolv.conf');
      assert.equal(existsSync(join(mountPath, 'etc/hostname')), false);
    } finally {
      execFileSync('umount', [mountPath]);
      execFileSync('rmdir', [mountPath]);
    }
  });

  it('ends the processes that provisioners leave, which would keep the volume busy', async () => {
    let pid = 0;
    const { run } = await baked(scratch, {
      provision: async () => {
        const child = spawn('sleep', ['1000'], { cwd: mountPath, stdio: 'ignore', detached: true });
        child.unref();
        pid = child.pid ?? 0;
      },
    });
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.ok(run.ui.said.some(text => /Ending 1 process left in the chroot/.test(text)));
  });

  describe('leaves nothing', () => {
    const fails = async (
      options: Partial<ChrootOptions>,
      message: RegExp,
      extra?: BuilderBakeOptions,
    ): Promise<void> => {
      const { error, undoFailures } = await bake({ ...scratch, ...options }, extra);
      assert.match(String((error as Error | undefined)?.message), message);
      assert.deepEqual([undoFailures, leaks(server)], [[], {}]);
    };
    it('when a command before mounting fails', () =>
      fails({ pre_mount_commands: ['exit 4'] }, /a command of this host ended with exit status 4: exit 4/));
    it('when a command after mounting fails', () => fails({ post_mount_commands: ['exit 5'] }, /exit status 5/));
    it('when the device has no file system', () =>
      fails(
        { pre_mount_commands: [`dd if=/dev/zero of={{.Device}} bs=1M count=8 2>/dev/null`] },
        /cannot be mounted on/,
      ));
    it('when a mount fails', () => fails({ chroot_mounts: [['nofs', 'none', '/x']] }, /none cannot be mounted on/));
    it('when a link of the image leads out of it', () =>
      fails({ chroot_mounts: [['tmpfs', 'tmpfs', '/out/tmp']] }, /"\/out\/tmp" of the image is a link that leads out/));
    it('when a file to copy is not there', () =>
      fails({ copy_files: ['/no/such/file'] }, /cannot be copied into the chroot/));
    it('when provisioning fails', () =>
      fails({}, /the script failed/, {
        provision: async () => {
          throw new Error('the script failed');
        },
      }));
    it('when the build is cancelled', async () => {
      const cancelled = new AbortController();
      await fails({}, /the user said stop/, {
        signal: cancelled.signal,
        provision: async () => cancelled.abort(new Error('the user said stop')),
      });
    });
    it('when the image is refused', async () => {
      await server.close();
      await start({
        faults: { faults: [{ kind: 'error', actions: ['RegisterImage'], code: 'InvalidParameterValue' }] },
      });
      await fails({}, /refused RegisterImage/);
    });
    it('when answers are lost, but the image', async () => {
      await server.close();
      const lost = ['CreateVolume', 'AttachVolume', 'DetachVolume', 'CreateSnapshot', 'RegisterImage', 'DeleteVolume'];
      await start({ faults: { faults: lost.map(one => ({ kind: 'lost-reply', actions: [one], times: 1 }) as const) } });
      await baked(scratch);
      assert.deepEqual([server.state().images.length, server.state().snapshots.length], [1, 1]);
    });
  });

  describe('says plainly', () => {
    it('that this is no instance', async () => {
      process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = 'http://127.0.0.1:9';
      const { error } = await bake(scratch);
      assert.match((error as Error).message, /does not seem to be an EC2 instance/);
      assert.match(String((error as { hint?: string }).hint), /--local/);
    });

    it('that the instance is in another region', async () => {
      const { error } = await bake({ ...scratch, region: 'eu-west-1' });
      assert.match((error as Error).message, /this instance is in us-east-1, but the image is to be made in eu-west-1/);
    });

    it('that the source’s root volume is not io1', async () => {
      const { error } = await bake({ source_ami: await source(), root_volume_type: 'io1' });
      assert.match((error as Error).message, /root_volume_type io1 needs iops/);
      assert.deepEqual(callsOf(server, 'CreateVolume'), []);
    });
  });
});
