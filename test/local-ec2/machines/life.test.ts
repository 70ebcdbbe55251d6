import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { canRunMachines, eventually, makeTinyTree, Rig, Shell, spec, WHY_SKIPPED } from './rig.ts';

/** Processes of this host, but for this one, that belong to the machine on that volume: keepers and those inside. */
function processesOf(volumeId: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid =>
      ['mounts', 'environ'].some(file => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(volumeId);
        } catch {
          return false;
        }
      }),
    )
    .map(Number);
}

function cgroups(instanceId: string): string[] {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
  if (mount === undefined) return [];
  return execFileSync('find', [mount, '-type', 'd', '-name', `kiln-${instanceId}`], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}

for (const init of ['systemd', 'the small init'] as const) {
  describe(`the life of a local machine with ${init} (${WHY_SKIPPED})`, function () {
    this.timeout(60_000);
    let rig: Rig;
    let layers: string[] = ['host'];

    before(async function () {
      if (!canRunMachines()) return this.skip();
      if (init === 'systemd' && !(existsSync('/lib/systemd/systemd') && cgroupsWritable())) return this.skip();
      rig = await Rig.create();
      if (init === 'systemd') return;
      makeTinyTree(join(rig.folder, 'tree'));
      layers = [(await rig.machines.importLayer(join(rig.folder, 'tree'), new AbortController().signal)).layer];
    });
    after(() => rig?.close());

    it('stops in order, leaving no process, mount, control group or file but its volume', async () => {
      const plan = spec({ layers });
      const machine = await rig.machines.start(plan);
      const shell = await Shell.connect(machine, plan.address);
      await shell.run('sleep 1000 >/dev/null 2>&1 & echo');
      assert.ok(processesOf(plan.rootVolumeId).length > 0);
      await machine.stop(20_000);
      assert.equal(await machine.ended, 'poweroff');
      assert.deepEqual(processesOf(plan.rootVolumeId), []);
      assert.deepEqual(cgroups(plan.instanceId), []);
      assert.deepEqual(readdirSync(join(rig.folder, 'store/run')), []);
      assert.equal(readFileSync('/proc/self/mounts', 'utf8').includes(rig.folder), false);
      await machine.stop(0);
    });

    it('is gone at once when stopped without grace', async () => {
      const plan = spec({ layers });
      const machine = await rig.machines.start(plan);
      await machine.stop(0);
      assert.deepEqual(processesOf(plan.rootVolumeId), []);
      assert.deepEqual(cgroups(plan.instanceId), []);
    });

    for (const [command, how] of [
      ['poweroff', 'poweroff'],
      ['reboot', 'reboot'],
      ['shutdown -h now', 'poweroff'],
      ['shutdown -r now', 'reboot'],
    ] as const)
      it(`notices "${command}" from inside`, async () => {
        const plan = spec({ layers });
        const machine = await rig.machines.start(plan);
        const shell = await Shell.connect(machine, plan.address);
        // The line goes dead; the command is not said to have failed.
        const { code, signal } = await shell.run(`sudo ${command}; sleep 30`);
        assert.deepEqual([code, signal], [null, undefined]);
        assert.equal(await machine.ended, how);
        assert.deepEqual(processesOf(plan.rootVolumeId), []);
      });

    it('notices that init died', async () => {
      const plan = spec({ layers });
      const machine = await rig.machines.start(plan);
      const first = processesOf(plan.rootVolumeId).find(pid =>
        readFileSync(`/proc/${pid}/status`, 'utf8').match(/^NSpid:.*\t1$/m),
      );
      assert.ok(first !== undefined);
      process.kill(first, 'SIGKILL');
      assert.equal(await machine.ended, 'died');
    });

    it('keeps files, users and host keys over a stop', async () => {
      const plan = spec({ layers });
      const machine = await rig.machines.start(plan);
      const shell = await Shell.connect(machine, plan.address);
      await shell.run('echo kept > ~/file');
      await machine.stop(20_000);
      const again = await rig.machines.start({ ...plan, firstBoot: false });
      assert.deepEqual(again.hostKeys, machine.hostKeys);
      const second = await Shell.connect(again, plan.address);
      assert.equal((await second.run('cat ~/file; sudo id -u')).out, 'kept\n0\n');
      await again.stop(0);
    });

    it('dies with the process that owns it, whatever kills that, and sweep removes the traces', async () => {
      const plan = spec({ layers });
      const store = join(rig.folder, 'store');
      const owner = join(import.meta.dirname, 'owner.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', owner, store, JSON.stringify(plan)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      assert.ok(processesOf(plan.rootVolumeId).length > 0);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await eventually('its processes are gone', () => processesOf(plan.rootVolumeId).length === 0);
      assert.equal(readFileSync('/proc/self/mounts', 'utf8').includes(rig.folder), false);
      await rig.machines.sweep();
      assert.deepEqual(cgroups(plan.instanceId), []);
      assert.equal(readdirSync(join(store, 'run')).includes(plan.instanceId), false);
      // The volume is none the worse for it.
      const machine = await rig.machines.start(plan);
      await machine.stop(0);
    });
  });
}

function cgroupsWritable(): boolean {
  return (
    /^0::/m.test(readFileSync('/proc/self/cgroup', 'utf8')) && / cgroup2 rw/.test(readFileSync('/proc/mounts', 'utf8'))
  );
}

describe(`the ports and neighbours of local machines (${WHY_SKIPPED})`, function () {
  this.timeout(60_000);
  let rig: Rig;
  before(async function () {
    if (!canRunMachines()) return this.skip();
    rig = await Rig.create();
  });
  after(() => rig?.close());

  it('takes another port when 22 is taken', async () => {
    const plan = spec();
    const squatter = createServer();
    await new Promise<void>(resolve => squatter.listen(22, plan.address, resolve));
    try {
      const machine = await rig.machines.start(plan);
      assert.notEqual(machine.sshPort, 22);
      const shell = await Shell.connect(machine, plan.address);
      assert.equal((await shell.run('echo there')).out, 'there\n');
      await shell.close();
      await machine.stop(0);
    } finally {
      squatter.close();
    }
  });

  it('runs machines side by side, each its own', async () => {
    const plans = [spec(), spec(), spec()];
    const machines = await Promise.all(plans.map(plan => rig.machines.start(plan)));
    const shells = await Promise.all(machines.map((machine, index) => Shell.connect(machine, plans[index]!.address)));
    await Promise.all(shells.map((shell, index) => shell.run(`echo ${index} | sudo tee /etc/mine`)));
    const mine = await Promise.all(shells.map(shell => shell.run('cat /etc/mine; hostname')));
    assert.deepEqual(
      mine.map(one => one.out),
      plans.map((plan, index) => `${index}\n${plan.hostname}\n`),
    );
    await assert.rejects(rig.machines.start(plans[0]!), /already running/);
    await assert.rejects(rig.machines.deleteVolume(plans[0]!.rootVolumeId), /in use/);
    await Promise.all(machines.map(machine => machine.stop(0)));
  });

  it('attaches further disks as block devices', async function () {
    if (!existsSync('/dev/loop-control')) return this.skip();
    const plan = spec({ disks: [{ volumeId: 'vol-data', device: '/dev/sdf', sizeGiB: 1 }] });
    const machine = await rig.machines.start(plan);
    const shell = await Shell.connect(machine, plan.address);
    const size = await shell.run(
      'sudo blockdev --getsize64 /dev/sdf; echo kiln disk | sudo dd of=/dev/sdf conv=notrunc 2>/dev/null',
    );
    assert.equal(size.out, `${1024 ** 3}\n`);
    await machine.stop(0);
    assert.equal(readFileSync(join(rig.folder, 'store/disks/vol-data.img')).subarray(0, 9).toString(), 'kiln disk');
    assert.equal(execFileSync('losetup', ['--all'], { encoding: 'utf8' }).includes(rig.folder), false);
    await rig.machines.deleteVolume('vol-data');
    assert.deepEqual(readdirSync(join(rig.folder, 'store/disks')), []);
  });

  it('leaves no file descriptor open in the process that ran machines', async () => {
    const count = (): number => readdirSync('/proc/self/fd').length;
    const cycle = async (): Promise<void> => {
      const plan = spec();
      const machine = await rig.machines.start(plan);
      const shell = await Shell.connect(machine, plan.address);
      await Promise.all([shell.run('echo a'), shell.run('echo b; exit 1'), shell.sftp()]);
      await machine.stop(0);
      await rig.machines.deleteVolume(plan.rootVolumeId);
    };
    await cycle();
    const before = count();
    for (let times = 0; times < 3; times++) await cycle();
    await eventually('all are closed', () => count() <= before);
  });

  it('refuses ids that are no plain names', async () => {
    await assert.rejects(rig.machines.start(spec({ instanceId: '../../etc' })), /cannot name/);
    await assert.rejects(rig.machines.start(spec({ rootVolumeId: 'a:b' })), /cannot name/);
    await assert.rejects(rig.machines.start(spec({ layers: ['gone'] })), /not in the local EC2's store/);
  });
});
