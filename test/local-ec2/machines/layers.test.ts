import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { canRunMachines, eventually, makeTinyTree, Rig, Shell, spec, WHY_SKIPPED } from './rig.ts';

describe(`layers of local machines (${WHY_SKIPPED})`, function () {
  this.timeout(90_000);
  let rig: Rig;
  const never = new AbortController().signal;

  before(async function () {
    if (!canRunMachines()) return this.skip();
    rig = await Rig.create();
  });
  after(() => rig?.close());

  const stored = (): string[] => readdirSync(join(rig.folder, 'store/layers'));

  it('an image has what the machine it was frozen from had: files, removals, users and a unit that runs', async () => {
    const first = spec();
    const machine = await rig.machines.start(first);
    const shell = await Shell.connect(machine, first.address);
    const unit =
      '[Service]\nExecStart=/bin/sh -c "echo served > /run/served; exec sleep 100000"\n[Install]\nWantedBy=multi-user.target\n';
    const made = await shell.run(
      `set -e; echo content | sudo tee /opt/file /usr/local/file >/dev/null; sudo rm /etc/debian_version /etc/bash.bashrc
       echo '${unit}' | sudo tee /etc/systemd/system/kiln-proof.service >/dev/null
       sudo systemctl enable kiln-proof.service; sudo useradd -m -s /bin/sh baked`,
    );
    assert.equal(made.code, 0, made.err);
    await machine.stop(20_000);
    const { layer, bytes } = await rig.machines.freeze(first.rootVolumeId);
    assert.ok(bytes > 0);

    const second = spec({ layers: ['host', layer] });
    const copy = await rig.machines.start(second);
    const other = await Shell.connect(copy, second.address);
    const seen = await other.run('cat /opt/file /usr/local/file; ls /etc/bash.bashrc; id -un baked; hostname');
    assert.equal(seen.out, `content\ncontent\nbaked\n${second.hostname}\n`);
    assert.notDeepEqual(copy.hostKeys, machine.hostKeys);
    await eventually('the unit runs', async () => (await other.run('cat /run/served')).out === 'served\n');
    await eventually('systemd has booted', async () =>
      /running|degraded/.test((await other.run('systemctl is-system-running')).out),
    );
    await copy.stop(0);

    // The first volume goes on above what was frozen, also when the caller does not list the layer.
    for (const layers of [['host'], ['host', layer]]) {
      const again = await rig.machines.start({ ...first, layers, firstBoot: false });
      const back = await Shell.connect(again, first.address);
      assert.equal((await back.run('cat /opt/file')).out, 'content\n');
      await again.stop(0);
    }

    // A layer lasts as long as a volume stands on it.
    await rig.machines.deleteLayer(layer);
    assert.ok(stored().includes(layer));
    await rig.machines.deleteVolume(first.rootVolumeId);
    await rig.machines.deleteVolume(second.rootVolumeId);
    assert.deepEqual(stored(), []);
  });

  it('a running machine is copied as of one moment and goes on', async () => {
    const plan = spec();
    const machine = await rig.machines.start(plan);
    const shell = await Shell.connect(machine, plan.address);
    await shell.run('echo early > ~/file');
    const { layer } = await rig.machines.freeze(plan.rootVolumeId);
    await shell.run('echo late > ~/file');
    assert.equal((await shell.run('cat ~/file')).out, 'late\n');
    const second = spec({ layers: ['host', layer] });
    const copy = await rig.machines.start(second);
    const other = await Shell.connect(copy, second.address);
    assert.equal((await other.run('cat ~/file')).out, 'early\n');
    await Promise.all([machine.stop(0), copy.stop(0)]);
    for (const one of [plan, second]) await rig.machines.deleteVolume(one.rootVolumeId);
    await rig.machines.deleteLayer(layer);
    assert.deepEqual(stored(), []);
  });

  it('a services restart of the SSH server does no harm to the way in', async () => {
    const plan = spec();
    const machine = await rig.machines.start(plan);
    const shell = await Shell.connect(machine, plan.address);
    if ((await shell.run('systemctl cat ssh.service')).code === 0) {
      const ran = await shell.run('sudo systemctl restart ssh && sudo systemctl reload ssh; systemctl is-active ssh');
      assert.equal(ran.out, 'active\n', ran.err);
      assert.equal((await shell.run('pgrep -x sshd')).out, '');
    }
    await machine.stop(0);
    await rig.machines.deleteVolume(plan.rootVolumeId);
  });

  for (const [name, pack] of [
    ['tree', undefined],
    ['tree.tar', '-cf'],
    ['tree.tar.gz', '-czf'],
    ['tree.tar.xz', '-cJf'],
    ['tree.tar.zst', '--zstd -cf'],
  ] as const)
    it(`imports ${name} and runs a machine of it`, async () => {
      const tree = join(rig.folder, 'tree');
      if (!existsSync(tree)) makeTinyTree(tree);
      const source = join(rig.folder, name);
      if (pack !== undefined)
        execFileSync('tar', [...pack.split(' '), source, '-C', tree, '.'], { env: { ...process.env, XZ_OPT: '-0' } });
      const { layer, bytes } = await rig.machines.importLayer(source, never);
      assert.ok(bytes > 1_000_000);
      const plan = spec({ layers: [layer] });
      const machine = await rig.machines.start(plan);
      const shell = await Shell.connect(machine, plan.address);
      const ran = await shell.run(
        'id -un; sudo id -u; KEEP=1 sudo -E -H -S -n -u root sh -c \'echo "$KEEP $HOME"\'; ls /boot 2>&1 | head -1; exit 4',
        {},
        '',
      );
      assert.equal(ran.code, 4);
      assert.match(ran.out, /^ubuntu\n0\n1 \/root\n/, ran.err);
      await machine.stop(0);
      await rig.machines.deleteVolume(plan.rootVolumeId);
      await rig.machines.deleteLayer(layer);
      assert.deepEqual(stored(), []);
    });

  it('a stand-in for sudo does what scripts ask of sudo', async () => {
    const { layer } = await rig.machines.importLayer(join(rig.folder, 'tree'), never);
    const plan = spec({ layers: [layer] });
    const machine = await rig.machines.start(plan);
    const shell = await Shell.connect(machine, plan.address);
    const out = async (command: string): Promise<string> => (await shell.run(command)).out;
    assert.equal(await out("sudo A='it'\\''s' B=2 sh -c 'echo $A $B'"), "it's 2\n");
    assert.equal(await out('sudo -u ubuntu id -un'), 'ubuntu\n');
    assert.equal(await out('X=1 sudo sh -c \'echo "[$X] $SUDO_USER"\''), '[] ubuntu\n');
    assert.equal(await out('X=1 sudo -nE sh -c \'echo "[$X]"\''), '[1]\n');
    assert.equal(await out("sudo -H sh -c 'cd; pwd'; sudo -i true"), '/root\n');
    assert.equal((await shell.run('sudo -u nobody2 id')).code, 1);
    assert.equal((await shell.run('sudo sh -c "exit 12"')).code, 12);
    assert.equal(
      await out('sudo -u nobody sh -c "/usr/lib/kiln/sudo-setpriv --reuid 0 --clear-groups true && echo evil"'),
      '',
    );
    await machine.stop(0);
    await rig.machines.deleteVolume(plan.rootVolumeId);
    await rig.machines.deleteLayer(layer);
  });

  it('starts trees with hostile links without touching the host', async () => {
    const tree = join(rig.folder, 'hostile');
    makeTinyTree(tree);
    const bait = join(rig.folder, 'bait');
    mkdirSync(join(bait, 'etc'), { recursive: true });
    writeFileSync(join(bait, 'passwd'), 'root:x:0:0::/root:/bin/sh\n');
    for (const name of ['dev', 'proc', 'run', 'sys', 'home', 'var']) {
      execFileSync('rm', ['-rf', join(tree, name)]);
      symlinkSync(bait, join(tree, name));
    }
    execFileSync('rm', [join(tree, 'etc/passwd')]);
    symlinkSync(join(bait, 'passwd'), join(tree, 'etc/passwd'));
    const { layer } = await rig.machines.importLayer(tree, never);
    const plan = spec({ layers: [layer] });
    const started = await rig.machines.start(plan).catch(() => undefined);
    await started?.stop(0);
    assert.deepEqual(readdirSync(bait).sort(), ['etc', 'passwd']);
    assert.deepEqual(readdirSync(join(bait, 'etc')), []);
    await rig.machines.deleteVolume(plan.rootVolumeId);
    await rig.machines.deleteLayer(layer);
  });

  it('refuses what is no root file system, in one clear sentence, and keeps nothing of it', async () => {
    const folder = join(rig.folder, 'bad');
    mkdirSync(join(folder, 'notes'), { recursive: true });
    writeFileSync(join(folder, 'notes/readme'), 'no system here');
    const climbing = join(rig.folder, 'climbing.tar');
    execFileSync('tar', ['-cf', climbing, '-P', '--transform', 's,^,../../climbed/,', '-C', folder, 'notes']);
    const torn = join(rig.folder, 'torn.tar.gz');
    execFileSync('sh', ['-c', `tar -cz -C ${join(rig.folder, 'tree')} . | head -c 300000 > ${torn}`]);
    writeFileSync(join(rig.folder, 'text.tar'), 'this is not a tar file at all\n'.repeat(100));
    for (const [source, message] of [
      [join(rig.folder, 'absent'), /does not exist/],
      [folder, /holds no root file system/],
      [climbing, /could not be imported|holds no root/],
      [torn, /could not be imported/],
      [join(rig.folder, 'text.tar'), /could not be imported|holds no root/],
      ['/dev/null', /neither a folder nor a file/],
    ] as const)
      await assert.rejects(rig.machines.importLayer(source, never), message);
    assert.deepEqual(stored(), []);
    assert.equal(existsSync(join(rig.folder, 'climbed')), false);
    assert.equal(existsSync(join(rig.folder, 'store/climbed')), false);
  });

  it('stops an import when told to', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped by the test');
    const work = rig.machines.importLayer(join(rig.folder, 'tree.tar.xz'), controller.signal);
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(work, error => error === reason);
    assert.deepEqual(stored(), []);
  });
});
