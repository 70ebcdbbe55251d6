import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { MachineSpec, RunningMachine } from '../../../src/local-ec2/machines/contract.ts';
import { canRunMachines, Rig, Shell, spec, WHY_SKIPPED } from './rig.ts';

describe(`what root in a local machine cannot do (${WHY_SKIPPED})`, function () {
  this.timeout(60_000);
  let rig: Rig;
  let plan: MachineSpec;
  let machine: RunningMachine;
  let shell: Shell;
  const secrets = join('/var/lib', `kiln-isolation-${process.pid}`);

  const root = (command: string) => shell.run(`sudo sh -c '${command.replaceAll("'", "'\\''")}'`);
  const fails = async (command: string, reason: RegExp): Promise<void> => {
    const { code, out, err } = await root(command);
    assert.notEqual(code, 0, `${command} went through: ${out}`);
    assert.match(out + err, reason);
  };

  before(async function () {
    if (!canRunMachines()) return this.skip();
    // Set up before the machine starts: files of this host in all degrees of privacy.
    mkdirSync(join(secrets, 'closed'), { recursive: true });
    writeFileSync(join(secrets, 'open.txt'), 'for all');
    writeFileSync(join(secrets, 'private.txt'), 'for root', { mode: 0o600 });
    writeFileSync(join(secrets, 'closed/inner.txt'), 'for root');
    const { chmodSync } = await import('node:fs');
    chmodSync(join(secrets, 'closed'), 0o700);
    rig = await Rig.create();
    plan = spec();
    machine = await rig.machines.start(plan);
    shell = await Shell.connect(machine, plan.address);
  });
  after(async () => {
    await shell?.close();
    await rig?.close();
    rmSync(secrets, { recursive: true, force: true });
  });

  it('write a file of the host', async () => {
    const before = readFileSync('/etc/hosts', 'utf8');
    const ran = await root(
      `echo evil >> /etc/hosts; echo evil > /usr/kiln-evil; echo evil > ${secrets}/open.txt; rm -rf /usr/share/doc/bash`,
    );
    assert.equal(ran.code, 0, ran.err);
    assert.equal(readFileSync('/etc/hosts', 'utf8'), before);
    assert.equal(readFileSync(join(secrets, 'open.txt'), 'utf8'), 'for all');
    assert.equal(existsSync('/usr/kiln-evil'), false);
  });

  it('open a block device, mounted or made by itself', async () => {
    assert.equal((await root('ls -l /dev | grep ^b')).out, '');
    const disk = statSync('/').dev;
    const [major, minor] = [(disk >> 8) & 0xfff, (disk & 0xff) | ((disk >> 12) & 0xfff00)];
    for (const place of ['/root/disk', '/tmp/disk', '/dev/disk', '/dev/shm/disk', '/run/disk'])
      await fails(`mknod ${place} b ${major} ${minor} && head -c 1 ${place}`, /Permission denied|not permitted/i);
    await fails('mknod /root/mem c 1 1 && head -c 1 /root/mem', /Permission denied|not permitted/i);
  });

  it('mount anything', async () => {
    await fails('mount -t tmpfs tmpfs /mnt', /permission denied|not permitted|must be superuser/i);
    await fails('mount -o remount,rw /proc/sys', /permission denied|not permitted|must be superuser/i);
    await fails('mount -t devtmpfs devtmpfs /mnt', /permission denied|not permitted|must be superuser/i);
    await fails('umount /run/kiln.tools', /permission denied|not permitted|must be superuser/i);
    await fails('unshare --mount true', /not permitted/i);
  });

  it('load a module, set the clock, read the kernel log or reboot the host', async () => {
    const { out } = await root('grep CapBnd /proc/self/status');
    const bounding = BigInt(`0x${out.split(/\s+/)[1]}`);
    const numbers = {
      sys_module: 16,
      sys_rawio: 17,
      sys_ptrace: 19,
      sys_admin: 21,
      sys_boot: 22,
      sys_time: 25,
      syslog: 34,
    };
    for (const [name, bit] of Object.entries(numbers)) assert.equal((bounding >> BigInt(bit)) & 1n, 0n, name);
    await fails('date -s 2001-01-01', /not permitted/i);
    await fails('dmesg', /not permitted|no such file/i);
    assert.equal((await root('cat /proc/kmsg')).out, '');
  });

  it('change kernel settings or send the kernel a magic request', async () => {
    await fails('echo 1 > /proc/sys/vm/drop_caches', /read-only/i);
    await fails('echo evil > /sys/kernel/uevent_helper', /read-only|permission|no such file|not found/i);
    // On kernels that have it, it is /dev/null.
    assert.match((await root('stat -c %t:%T /proc/sysrq-trigger || echo absent')).out, /^(1:3|absent)$/m);
    await fails('hostname evil', /must be root|not permitted/i);
    assert.notEqual(hostname(), 'evil');
  });

  it('see or signal a process of the host', async () => {
    const { out } = await root('ls /proc | grep -x "[0-9]*" | wc -l; cat /proc/1/comm');
    const [count, init] = out.trim().split('\n');
    assert.ok(Number(count) < 60);
    assert.match(init ?? '', /systemd|sh/);
    assert.equal((await root('cat /proc/[0-9]*/cmdline | tr "\\0" " "')).out.includes('mocha'), false);
    await fails(`kill -0 ${process.pid}`, /no such process/i);
  });

  it('see mounts, the old root or the store of the host', async () => {
    const { out } = await root('cut -d" " -f5 /proc/self/mountinfo');
    assert.deepEqual(
      out.split('\n').filter(path => !/^$|^\/$|^\/(dev|proc|sys|run|etc|usr|var)(\/|$)/.test(path)),
      [],
    );
    assert.equal((await root('ls /run/kiln.old | wc -l')).out, '0\n');
    assert.equal((await root(`ls ${rig.folder}`)).code, 2);
    assert.equal((await root('ls -A /home /root /mnt /srv /opt /media')).out.includes('.ssh/id'), false);
  });

  it('read what the host keeps from ordinary users', async () => {
    assert.equal((await root(`cat ${secrets}/open.txt`)).code, 0);
    assert.notEqual((await root(`cat ${secrets}/private.txt`)).code, 0);
    assert.equal((await root(`ls -A ${secrets}/closed`)).out, '');
    const hashes = (await root('cut -d: -f2 /etc/shadow | sort -u')).out.trim().split('\n');
    assert.deepEqual(hashes, ['*']);
    if (existsSync('/etc/ssh/ssh_host_ed25519_key'))
      assert.notEqual(
        (await root('cat /etc/ssh/ssh_host_ed25519_key')).out,
        readFileSync('/etc/ssh/ssh_host_ed25519_key', 'utf8'),
      );
    if (existsSync('/etc/machine-id'))
      assert.notEqual((await root('cat /etc/machine-id')).out, readFileSync('/etc/machine-id', 'utf8'));
  });

  it('climb out by chroot, by a handle or by a link', async () => {
    const climb = 'mkdir -p /tmp/jail && cd / && chroot /tmp/jail /bin/true; cd /../../../../..; ls';
    assert.equal((await root(climb)).out.includes('kiln.tools'), false);
    assert.equal(
      (await root('cd /proc/1/root/../..; ls; readlink -f /proc/1/root/..')).out.includes('container_info'),
      false,
    );
    // A name in the machine that points at the host's files is looked up in the machine.
    await shell.run('ln -s /etc/hostname ~/link; ln -s / ~/up');
    const sftp = await shell.sftp();
    const text = await new Promise<Buffer>((resolve, reject) =>
      sftp.readFile('up/etc/hostname', (error, data) => (error ? reject(error) : resolve(data))),
    );
    assert.equal(text.toString().trim(), plan.hostname);
    sftp.end();
  });

  it('get at the host through the toolbox by which commands enter', async () => {
    for (const command of ['mv /run/kiln.tools /run/other', 'rm -rf /run/kiln.tools', 'mv /run /elsewhere'])
      await fails(command, /busy|read-only|cross-device|cannot/i);
    await fails('echo evil > /run/kiln.tools/ld.so', /read-only|busy/i);
    // A machine that preloads a library everywhere does so only below its own rights.
    await root('echo /nowhere/evil.so > /etc/ld.so.preload');
    const ran = await shell.run('true');
    assert.equal(ran.code, 0);
    assert.match(ran.err, /evil\.so/, 'programs of the machine do heed it');
    assert.equal(/kiln\.tools/.test(ran.err), false);
    const status = await root('rm /etc/ld.so.preload; grep CapEff /proc/self/status');
    assert.match(status.out, /00000000a80405fb|0000000088000/);
  });

  it('raise its rights in a name space of its own', async () => {
    const { out } = await shell.run(
      'unshare --user --map-root-user --mount sh -c "mount -t proc proc /proc && echo proc; mount --bind /run /mnt && echo bind; umount /proc/sys && echo sys" 2>&1',
    );
    assert.equal(/^(proc|bind|sys)$/m.test(out), false, out);
  });
});
