import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { MachineSpec, RunningMachine } from '../../src/local-ec2/machines/contract.ts';
import { canRunMachines, KEY, makeTinyTree, Rig, spec } from '../local-ec2/machines/rig.ts';

function hasOpenSsh(): boolean {
  return ['ssh', 'scp', 'sftp'].every(name => spawnSync('which', [name]).status === 0);
}

for (const kind of ['this host', 'a bare image'] as const) {
  describe(`OpenSSH's own clients against a local machine of ${kind} (needs Linux, root and OpenSSH)`, function () {
    this.timeout(60_000);
    let rig: Rig;
    let plan: MachineSpec;
    let machine: RunningMachine;
    let options: string[];

    before(async function () {
      if (!canRunMachines() || !hasOpenSsh()) return this.skip();
      rig = await Rig.create();
      let layers = ['host'];
      if (kind === 'a bare image') {
        makeTinyTree(join(rig.folder, 'tree'));
        layers = [(await rig.machines.importLayer(join(rig.folder, 'tree'), new AbortController().signal)).layer];
      }
      plan = spec({ layers });
      machine = await rig.machines.start(plan);
      const key = join(rig.folder, 'key');
      writeFileSync(key, KEY.private);
      chmodSync(key, 0o600);
      const known = join(rig.folder, 'known_hosts');
      const name = machine.sshPort === 22 ? plan.address : `[${plan.address}]:${machine.sshPort}`;
      writeFileSync(known, machine.hostKeys.map(line => `${name} ${line}\n`).join(''));
      options = [
        '-F',
        'none',
        '-i',
        key,
        '-o',
        `UserKnownHostsFile=${known}`,
        '-o',
        'StrictHostKeyChecking=yes',
        '-o',
        'BatchMode=yes',
      ];
    });
    after(() => rig?.close());

    /** Not synchronous: the server runs in this very process. */
    const run = (
      program: string,
      args: readonly string[],
      input?: string,
    ): Promise<{ out: string; err: string; code: number }> =>
      new Promise(resolve => {
        const child = execFile(program, args, { encoding: 'utf8' }, (error, out, err) =>
          resolve({ out, err, code: typeof error?.code === 'number' ? error.code : 0 }),
        );
        child.stdin?.end(input ?? '');
      });
    const ssh = (command: string, input?: string, ...more: string[]) =>
      run('ssh', [...options, '-p', String(machine.sshPort), ...more, `ubuntu@${plan.address}`, command], input);

    it('ssh runs commands, with input, output, errors and exit code', async () => {
      const ran = await ssh('cat; echo err >&2; exit 21', 'typed\n');
      assert.deepEqual(ran, { out: 'typed\n', err: 'err\n', code: 21 });
      assert.equal((await ssh('sudo id -u')).out, '0\n');
      assert.match((await ssh('tty', '', '-tt')).out, /\/dev\/pts\/0/);
    });

    it('scp copies both ways, by SFTP and by its old protocol', async () => {
      const folder = join(rig.folder, 'folder');
      mkdirSync(join(folder, 'deep'), { recursive: true });
      writeFileSync(join(folder, 'deep/file'), 'content\n');
      writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
      for (const protocol of [[], ['-O']]) {
        const common = [...protocol, ...options, '-P', String(machine.sshPort), '-r', '-p'];
        const target = `up${protocol.length}`;
        const up = await run('scp', [...common, folder, `ubuntu@${plan.address}:${target}`]);
        assert.equal(up.code, 0, up.err);
        assert.equal((await ssh(`cat ${target}/deep/file; ${target}/run.sh`)).out, 'content\nran\n');
        const down = await run('scp', [
          ...common,
          `ubuntu@${plan.address}:${target}`,
          join(rig.folder, `down${protocol.length}`),
        ]);
        assert.equal(down.code, 0, down.err);
        assert.equal(readFileSync(join(rig.folder, `down${protocol.length}`, 'deep/file'), 'utf8'), 'content\n');
        const refused = await run('scp', [...common, join(folder, 'run.sh'), `ubuntu@${plan.address}:/etc/evil`]);
        assert.notEqual(refused.code, 0);
        assert.match(refused.err, /permission denied|EACCES/i);
      }
    });

    it('sftp works interactively', async () => {
      const batch =
        'mkdir place\ncd place\npwd\nput KEY a\nln -s a b\nrename a c\nls -l\nrm b\nrm c\ncd ..\nrmdir place\n'.replace(
          'KEY',
          join(rig.folder, 'known_hosts'),
        );
      const ran = await run(
        'sftp',
        [...options, '-P', String(machine.sshPort), '-b', '-', `ubuntu@${plan.address}`],
        batch,
      );
      assert.equal(ran.code, 0, ran.err);
      assert.match(ran.out, /Remote working directory: \/home\/ubuntu\/place/);
      assert.match(ran.out, /^-rw.* c$/m);
      assert.match(ran.out, /^l.* b/m);
    });
  });
}
