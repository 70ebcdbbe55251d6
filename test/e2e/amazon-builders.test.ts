import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { aloneWithHostDevices } from '../helpers/host-devices.ts';
import { type Result, Scratch, whyNoMachines } from '../helpers/kiln.ts';

const skip = whyNoMachines() ?? (existsSync('/dev/loop-control') ? undefined : 'needs loop devices');

/** The usual options of a build that launches something. */
const launched = {
  region: 'us-east-1',
  source_ami: 'ami-0abcdef1234567890',
  instance_type: 't3.micro',
  ssh_username: 'ubuntu',
};

function succeeded(result: Result): string {
  assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

function found(pattern: RegExp, text: string): string {
  const id = pattern.exec(text)?.[1];
  assert.ok(id, text);
  return id;
}

const AMI = /us-east-1: (ami-[0-9a-f]+)/;

/** Shell lines that put together a small root file system of this machine's programs in $1, with a file that proves it. */
const TREE = String.raw`root=$1
mkdir -p $root/usr/bin $root/usr/sbin $root/usr/lib $root/etc $root/root $root/tmp $root/home $root/proc $root/sys $root/dev $root/run $root/var/log
for link in bin sbin lib lib64; do ln -s usr/$link $root/$link; done
mkdir -p $root/usr/lib64
for name in sh bash cat ls id env mkdir rm chmod chown sed grep test touch head mv cp tee setpriv sync sleep true; do
  path=$(readlink -f $(which $name)); cp $path $root/usr/bin/$name
  for lib in $(ldd $path | grep -o '/[^ ]*' | sort -u); do
    mkdir -p $root$(dirname $lib) && cp -L $lib $root$lib
  done
done
printf 'root:x:0:0:root:/root:/bin/bash\n' >$root/etc/passwd; printf 'root:x:0:\nsudo:x:27:\n' >$root/etc/group
printf 'root:*:1:0:99999:7:::\n' >$root/etc/shadow; echo from-the-surrogate >$root/etc/proof`;

describe(`the other Amazon builders with --local${skip ? ` (skipped: ${skip})` : ''}`, function () {
  aloneWithHostDevices();
  this.timeout(180_000);
  const scratch = new Scratch();
  before(function () {
    if (skip) this.skip();
  });
  after(() => scratch.remove());
  afterEach(() => {
    assert.deepEqual(scratch.mounts(), []);
    const loops = execFileSync('losetup', ['--all'], { encoding: 'utf8' });
    assert.ok(!loops.includes(scratch.dir), loops);
  });

  const build = async (name: string, template: object): Promise<string> => {
    scratch.write(name, template);
    return succeeded(await scratch.run(['build', '--local', name]));
  };
  /** Launches an image and gives what a command in it says. */
  const inside = async (ami: string, user: string, command: string): Promise<string> => {
    const output = await build('look.json', {
      builders: [
        {
          type: 'amazon-ebs',
          ...launched,
          source_ami: ami,
          ssh_username: user,
          ami_name: 'look',
          skip_create_ami: true,
        },
      ],
      provisioners: [{ type: 'shell', inline: [`echo "told: $(${command})"`] }],
    });
    return found(/told: (.*)/, output);
  };

  it('ssh_clear_authorized_keys takes the temporary key out of the image', async () => {
    const names: string[] = [];
    for (const clear of [false, true]) {
      const output = await build('clear.json', {
        builders: [{ type: 'amazon-ebs', ...launched, ami_name: `cleared ${clear}`, ssh_clear_authorized_keys: clear }],
      });
      const keys = await inside(found(AMI, output), 'ubuntu', 'grep -c packer_ ~/.ssh/authorized_keys');
      names.push(`${clear}: ${keys}`);
    }
    assert.deepEqual(names, ['false: 1', 'true: 0']);
  });

  it('amazon-ebsvolume fills a volume, whose snapshot another instance reads', async () => {
    const made = await build('volume.json', {
      builders: [
        {
          type: 'amazon-ebsvolume',
          ...launched,
          ebs_volumes: [{ device_name: '/dev/sdf', volume_size: 1, snapshot_volume: true, tags: { use: 'data' } }],
        },
      ],
      provisioners: [
        {
          type: 'shell',
          inline: ['echo volume-content | sudo dd of=/dev/sdf conv=notrunc,fsync 2>/dev/null', 'test -b /dev/xvdf'],
        },
      ],
    });
    assert.match(made, /us-east-1: vol-/);
    const snapshot = found(/us-east-1: (snap-[0-9a-f]+)/, made);
    const read = await build('read.json', {
      builders: [
        {
          type: 'amazon-ebs',
          ...launched,
          ami_name: 'reader',
          skip_create_ami: true,
          launch_block_device_mappings: [
            { device_name: '/dev/xvdg', snapshot_id: snapshot, volume_size: 2, delete_on_termination: true },
          ],
        },
      ],
      provisioners: [
        { type: 'shell', inline: ['echo "read: $(sudo head -c 14 /dev/xvdg)"', 'sudo blockdev --getsize64 /dev/sdg'] },
      ],
    });
    assert.match(read, /read: volume-content/);
    assert.match(read, new RegExp(String(2 ** 31)));
  });

  for (const use_create_image of [false, true]) {
    it(`amazon-ebssurrogate makes an image that starts (use_create_image ${use_create_image})`, async () => {
      scratch.write('tree.sh', `set -e\n${TREE}\n`);
      const name = `surrogate-${use_create_image}`;
      const output = await build(`${name}.json`, {
        builders: [
          {
            type: 'amazon-ebssurrogate',
            ...launched,
            ami_name: name,
            ami_virtualization_type: 'hvm',
            use_create_image,
            launch_block_device_mappings: [{ device_name: '/dev/xvdf', volume_size: 1, delete_on_termination: true }],
            ami_root_device: { source_device_name: '/dev/xvdf', device_name: '/dev/sda1' },
          },
        ],
        provisioners: [
          { type: 'file', source: 'tree.sh', destination: '/tmp/tree.sh' },
          {
            type: 'shell',
            inline: ['sudo sh /tmp/tree.sh /tmp/root', 'sudo mke2fs -q -F -t ext4 -d /tmp/root /dev/xvdf', 'sudo sync'],
          },
        ],
      });
      assert.equal(await inside(found(AMI, output), 'root', 'cat /etc/proof'), 'from-the-surrogate');
    });
  }

  describe('amazon-instance, with stand-ins for the AMI tools', () => {
    const tool = (name: string, code = 0): string =>
      `printf '#!/bin/sh\\necho "${name} $*"\\nexit ${code}\\n' | sudo tee /usr/local/bin/${name} >/dev/null; sudo chmod 755 /usr/local/bin/${name}`;
    const bundled = {
      type: 'amazon-instance',
      ...launched,
      account_id: '1234-5678-9012',
      s3_bucket: 'images',
      x509_cert_path: 'cert.pem',
      x509_key_path: 'key.pem',
      bundle_prefix: 'web',
      bundle_destination: '/var/tmp',
    };
    before(function () {
      if (skip) this.skip();
      scratch.write('cert.pem', 'certificate\n');
      scratch.write('key.pem', 'key\n');
    });

    it('uploads the certificate, bundles, uploads the bundle and registers it', async () => {
      const output = await build('instance.json', {
        builders: [
          {
            ...bundled,
            ami_name: 'bundled',
            bundle_vol_command:
              'cat {{.CertPath}} {{.KeyPath}}; ec2-bundle-vol -u {{.AccountId}} -r {{.Architecture}} -e {{.PrivatePath}} -d {{.Destination}} -p {{.Prefix}}',
          },
        ],
        provisioners: [{ type: 'shell', inline: [tool('ec2-bundle-vol'), tool('ec2-upload-bundle')] }],
      });
      assert.match(output, /certificate\n.*key\n/);
      assert.match(output, /ec2-bundle-vol -u 123456789012 -r (x86_64|arm64) -e \/tmp -d \/var\/tmp -p web/);
      const upload =
        /ec2-upload-bundle -b images -m \/var\/tmp\/web\.manifest\.xml -a \S+ -s (\S+) -d \/var\/tmp --batch --region us-east-1 --retry/;
      assert.equal(upload.exec(output)?.[1], '<sensitive>', output);
      assert.match(output, AMI);
      const images = succeeded(await scratch.run(['local', 'images', '-json']));
      assert.match(images, /"name":"bundled"/);
    });

    it('says what to do when the bucket is somebody else’s, or the tools are missing', async () => {
      for (const [code, hint] of [
        [3, /bucket "images" may belong to another account/],
        [127, /the AMI tools .* must be installed on the machine/],
      ] as const) {
        scratch.write('instance.json', {
          builders: [{ ...bundled, ami_name: 'never' }],
          provisioners: [{ type: 'shell', inline: [tool('ec2-bundle-vol'), tool('ec2-upload-bundle', code)] }],
        });
        const result = await scratch.run(['build', '--local', 'instance.json']);
        assert.equal(result.code, 1);
        assert.match(result.stdout + result.stderr, hint);
      }
      assert.doesNotMatch(succeeded(await scratch.run(['local', 'images', '-json'])), /"name":"never"/);
    });
  });

  describe('amazon-chroot', () => {
    let base = '';
    before(async function () {
      if (skip) this.skip();
      const tree = join(scratch.dir, 'tiny');
      execFileSync('sh', [scratch.write('tree.sh', `set -e\n${TREE}\n`), tree]);
      base = succeeded(
        await scratch.run(['local', 'import', tree, '-name', 'tiny base', '-login-user', 'root']),
      ).trim();
    });

    it('provisions a volume of an imported image on this host, and makes an image that starts', async () => {
      scratch.write('file.txt', 'uploaded\n');
      const output = await build('chroot.json', {
        builders: [{ type: 'amazon-chroot', region: 'us-east-1', source_ami: base, ami_name: 'chrooted' }],
        provisioners: [
          { type: 'file', source: 'file.txt', destination: '/etc/uploaded' },
          {
            type: 'shell',
            inline: [
              'echo "in the chroot: $(cat /etc/uploaded) {{build `Device`}} {{build `MountPath`}}"',
              'test -s /etc/resolv.conf && test -d /proc/1 && test -c /dev/null',
              'echo made-in-chroot >/etc/proof',
            ],
          },
          { type: 'file', direction: 'download', source: '/etc/proof', destination: 'proof.txt' },
        ],
      });
      assert.match(output, /in the chroot: uploaded \/dev\/\w+ \/mnt\/packer-amazon-chroot-volumes\/\w+/);
      assert.equal(scratch.read('proof.txt'), 'made-in-chroot\n');
      const ami = found(AMI, output);
      const command = 'echo $(cat /etc/proof /etc/uploaded) $(ls /etc | grep -c -e resolv)';
      assert.equal(await inside(ami, 'root', command), 'made-in-chroot uploaded 1');
    });

    it('starts from scratch, with file systems that the template makes', async () => {
      const tree = join(scratch.dir, 'tiny');
      const output = await build('scratch.json', {
        builders: [
          {
            type: 'amazon-chroot',
            region: 'us-east-1',
            ami_name: 'from scratch',
            from_scratch: true,
            ami_virtualization_type: 'hvm',
            root_volume_size: 1,
            root_device_name: '/dev/xvda',
            ami_block_device_mappings: [{ device_name: '/dev/xvda', delete_on_termination: true }],
            pre_mount_commands: [
              'printf "label: dos\\n2048,\\n" | sfdisk -q {{.Device}}',
              'sh -c "for try in $(seq -s \' \' 50); do [ -e {{.Device}}1 ] && break; sleep 0.1; done"',
              'mkfs.ext4 -q {{.Device}}1',
            ],
            post_mount_commands: [`cp -a ${tree}/. {{.MountPath}}`],
            command_wrapper: 'env WRAPPED=yes {{.Command}}',
            chroot_mounts: [['proc', 'proc', '/proc']],
          },
        ],
        provisioners: [{ type: 'shell', inline: ['echo "scratch $WRAPPED" >/etc/proof'] }],
      });
      assert.equal(await inside(found(AMI, output), 'root', 'cat /etc/proof'), 'scratch yes');
    });

    it('leaves no mount, no device and no volume when a provisioner fails, nor its processes', async () => {
      scratch.write('fail.json', {
        builders: [{ type: 'amazon-chroot', region: 'us-east-1', source_ami: base, ami_name: 'failed' }],
        provisioners: [{ type: 'shell', inline: ['sleep 1000 >/dev/null 2>&1 </dev/null &', 'exit 7'] }],
      });
      const result = await scratch.run(['build', '--local', 'fail.json']);
      assert.equal(result.code, 1);
      assert.match(result.stdout + result.stderr, /exit status: 7/);
      assert.ok(!readdirSync('/dev').some(name => /^(sd|xvd)[f-p]/.test(name)));
      assert.equal(existsSync('/mnt/packer-amazon-chroot-volumes/xvdf'), false);
    });

    it('says what a stand-in for a public image lacks', async () => {
      scratch.write('public.json', {
        builders: [
          { type: 'amazon-chroot', region: 'us-east-1', source_ami: 'ami-0abcdef1234567890', ami_name: 'public' },
        ],
      });
      const result = await scratch.run(['build', '--local', 'public.json']);
      assert.equal(result.code, 1);
      assert.match(result.stdout + result.stderr, /stand-in for a public image/);
    });
  });
});
