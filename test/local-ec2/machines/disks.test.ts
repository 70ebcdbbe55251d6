import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { aloneWithHostDevices } from '../../helpers/host-devices.ts';
import { canRunMachines, eventually, makeTinyTree, Rig, Shell, spec, WHY_SKIPPED } from './rig.ts';

const never = new AbortController().signal;

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe(`disks of local machines (${WHY_SKIPPED}, and loop devices)`, function () {
  aloneWithHostDevices();
  this.timeout(120_000);
  let rig: Rig;

  before(async function () {
    if (!canRunMachines() || !existsSync('/dev/loop-control')) return this.skip();
    rig = await Rig.create();
  });
  after(() => rig?.close());
  afterEach(() => {
    if (rig) assert.equal(run('losetup', '--all').includes(rig.folder), false, 'a loop device is left');
  });

  const stored = (): string[] => readdirSync(join(rig.folder, 'store/disks')).sort();

  it('come and go while a machine runs, under both of EC2’s names', async () => {
    const plan = spec();
    const machine = await rig.machines.start(plan);
    const shell = await Shell.connect(machine, plan.address);
    const { disks } = rig.machines;
    await disks.attach(plan.instanceId, { volumeId: 'vol-hot', device: '/dev/sdf', sizeGiB: 1 });
    const seen = await shell.run('sudo blockdev --getsize64 /dev/sdf /dev/xvdf; test -b /dev/sdf && echo block');
    assert.equal(seen.out, `${2 ** 30}\n${2 ** 30}\nblock\n`);
    await shell.run('echo hot content | sudo dd of=/dev/xvdf conv=notrunc,fsync 2>/dev/null');
    // Nobody but root may open it, and no other device can be reached by a node of one's own.
    assert.equal((await shell.run('head -c 3 /dev/sdf')).code, 1);
    assert.notEqual((await shell.run('sudo mknod /dev/mine b 7 0 && sudo head -c 3 /dev/mine')).code, 0);

    const frozen = await disks.freeze('vol-hot');
    assert.ok(frozen.bytes > 0 && frozen.bytes < 2 ** 20, 'holes stay holes');
    await disks.detach(plan.instanceId, 'vol-hot');
    assert.equal((await shell.run('ls /dev/sdf /dev/xvdf')).out, '');
    assert.equal(run('losetup', '--all').includes(rig.folder), false);

    const { imageFile } = frozen;
    await disks.attach(plan.instanceId, { volumeId: 'vol-copy', device: '/dev/xvdg', sizeGiB: 2, imageFile });
    const copy = await shell.run('sudo head -c 11 /dev/sdg; sudo blockdev --getsize64 /dev/xvdg');
    assert.equal(copy.out, `hot content${2 ** 31}\n`);
    await machine.stop(0);
    await assert.rejects(
      disks.attach(plan.instanceId, { volumeId: 'vol-x', device: '/dev/sdh', sizeGiB: 1 }),
      /not running/,
    );

    assert.deepEqual(stored(), [imageFile, 'vol-copy.img', 'vol-hot.img']);
    await rig.machines.deleteVolume('vol-hot');
    await rig.machines.deleteVolume('vol-copy');
    await disks.deleteImage(imageFile);
    assert.deepEqual(stored(), []);
  });

  it('refuses a device that the machine has already', async () => {
    const plan = spec({ disks: [{ volumeId: 'vol-a', device: '/dev/sdf', sizeGiB: 1 }] });
    const machine = await rig.machines.start(plan);
    await assert.rejects(
      rig.machines.disks.attach(plan.instanceId, { volumeId: 'vol-b', device: '/dev/sdf', sizeGiB: 1 }),
      /the machine has a \/dev\/sdf already/,
    );
    await rig.machines.disks.detach(plan.instanceId, 'vol-a');
    await machine.stop(0);
    for (const volume of ['vol-a', 'vol-b']) await rig.machines.deleteVolume(volume);
  });

  describe('that hold a root file system', () => {
    let layer = '';
    before(async () => {
      const folder = join(rig.folder, 'tiny');
      mkdirSync(folder);
      makeTinyTree(folder);
      writeFileSync(join(folder, 'etc/proof'), 'from the tree\n', { mode: 0o640 });
      run('setfattr', '-n', 'user.kiln', '-v', 'kept', join(folder, 'etc/proof'));
      symlinkSync('proof', join(folder, 'etc/link'));
      layer = (await rig.machines.importLayer(folder, never)).layer;
    });

    it('are packed from layers and unpacked again, with owners, modes, links and attributes', async () => {
      const { disks } = rig.machines;
      const { imageFile, bytes } = await disks.pack([layer], 1);
      const path = join(rig.folder, 'store/disks', imageFile);
      assert.equal(statSync(path).size, 2 ** 30);
      assert.ok(bytes < 2 ** 28);
      assert.match(run('sfdisk', '--list', path), /2048 .* 83 Linux/);

      const unpacked = await disks.unpack(imageFile);
      const plan = spec({ layers: [unpacked.layer], loginUser: 'root' });
      const machine = await rig.machines.start(plan);
      const shell = await Shell.connect(machine, plan.address, 'root');
      const seen = await shell.run('cat /etc/link; stat -c "%a %u" /etc/proof; ls /lost+found 2>&1 | wc -l');
      assert.match(seen.out, /^from the tree\n640 0\n1\n$/);
      await machine.stop(0);
      const file = join(rig.folder, 'store/layers', unpacked.layer, 'etc/proof');
      assert.match(run('getfattr', '--only-values', '-n', 'user.kiln', file), /kept/);
      await rig.machines.deleteVolume(plan.rootVolumeId);
      await rig.machines.deleteLayer(unpacked.layer);
      await disks.deleteImage(imageFile);
    });

    it('may be without partitions, or behind others, by MBR or GPT', async () => {
      const { disks } = rig.machines;
      const tree = join(rig.folder, 'tiny');
      const whole = join(rig.folder, 'store/disks/whole.img');
      run('truncate', '-s', '200M', whole);
      run('mke2fs', '-q', '-F', '-t', 'ext4', '-d', tree, whole);
      await disks.unpack('whole.img').then(one => rig.machines.deleteLayer(one.layer));

      for (const label of ['dos', 'gpt']) {
        const name = `${label}.img`;
        const path = join(rig.folder, 'store/disks', name);
        run('truncate', '-s', '400M', path);
        execFileSync('sfdisk', ['-q', path], { input: `label: ${label}\n2048,40960\n43008,\n` });
        run('mke2fs', '-q', '-F', '-t', 'ext4', '-E', 'offset=22020096', '-d', tree, path, '200M');
        const unpacked = await disks.unpack(name);
        assert.ok(existsSync(join(rig.folder, 'store/layers', unpacked.layer, 'etc/proof')), label);
        await rig.machines.deleteLayer(unpacked.layer);
        await disks.deleteImage(name);
      }
      await disks.deleteImage('whole.img');
    });

    it('say so when there is none', async () => {
      const { disks } = rig.machines;
      const path = join(rig.folder, 'store/disks/data.img');
      run('truncate', '-s', '20M', path);
      await assert.rejects(disks.unpack('data.img'), /no file system on it that this kernel can read has a bin\/sh/);
      run('mke2fs', '-q', '-F', path);
      await assert.rejects(disks.unpack('data.img'), /has a bin\/sh/);
      await assert.rejects(disks.unpack(undefined), /it is empty/);
      await assert.rejects(disks.pack(['host'], 1), /stand-in for a public image/);
      await disks.deleteImage('data.img');
      assert.deepEqual(stored(), []);
      assert.deepEqual(readdirSync(join(rig.folder, 'store/layers')), [layer]);
    });
  });

  it('can be this host’s own, partitions too, until they are unmounted', async () => {
    const { disks } = rig.machines;
    const device = ['f', 'g', 'h', 'i', 'j', 'k'].map(one => `/dev/sd${one}`).find(one => !existsSync(one)) ?? '';
    const other = device.replace('sd', 'xvd');
    const mount = mkdtempSync(join(tmpdir(), 'kiln-mount-'));
    await disks.attachToHost({ volumeId: 'vol-host', device, sizeGiB: 1 });
    execFileSync('sfdisk', ['-q', other], { input: 'label: dos\n2048,\n' });
    await eventually('the partition shows', () => existsSync(`${other}1`));
    run('mke2fs', '-q', '-t', 'ext4', `${other}1`);
    run('mount', `${device}1`, mount);
    writeFileSync(join(mount, 'file'), 'host content');
    await assert.rejects(disks.attachToHost({ volumeId: 'vol-2', device, sizeGiB: 1 }), /has a \/dev\/sd\w already/);

    const frozen = await disks.freeze('vol-host');
    let detached = false;
    const detaching = disks.detachFromHost('vol-host').then(() => {
      detached = true;
    });
    await new Promise(resolve => setTimeout(resolve, 500));
    assert.equal(detached, false);
    run('umount', mount);
    await detaching;
    for (const name of [device, other, `${device}1`, `${other}1`])
      assert.equal(lstatSync(name, { throwIfNoEntry: false }), undefined, name);

    // What was frozen while it was mounted is whole.
    const image = join(rig.folder, 'store/disks', frozen.imageFile);
    const loop = run('losetup', '--find', '--show', '--offset', '1048576', image).trim();
    run('mount', loop, mount);
    assert.equal(readFileSync(join(mount, 'file'), 'utf8'), 'host content');
    run('umount', mount);
    run('losetup', '--detach', loop);
    rmSync(mount, { recursive: true });
    await rig.machines.deleteVolume('vol-host');
    await disks.deleteImage(frozen.imageFile);
  });
});
