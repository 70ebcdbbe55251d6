import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { SFTPWrapper, Stats } from 'ssh2';
import type { MachineSpec, RunningMachine } from '../../../src/local-ec2/machines/contract.ts';
import { canRunMachines, collect, makeTinyTree, Rig, Shell, spec, WHY_SKIPPED } from './rig.ts';

type Callback<T> = (error: Error | null | undefined, value: T) => void;

function ask<T>(call: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
}

for (const kind of ['the image has an SFTP server', 'kiln serves, for the image has none'] as const) {
  describe(`files to and from a local machine: ${kind} (${WHY_SKIPPED})`, function () {
    this.timeout(60_000);
    let rig: Rig;
    let plan: MachineSpec;
    let machine: RunningMachine;
    let shell: Shell;
    let sftp: SFTPWrapper;

    before(async function () {
      if (!canRunMachines()) return this.skip();
      rig = await Rig.create();
      if (kind.startsWith('kiln')) {
        makeTinyTree(join(rig.folder, 'tree'));
        const { layer } = await rig.machines.importLayer(join(rig.folder, 'tree'), new AbortController().signal);
        plan = spec({ layers: [layer] });
      } else {
        plan = spec();
      }
      machine = await rig.machines.start(plan);
      shell = await Shell.connect(machine, plan.address);
      const server = await shell.run(
        'ls /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server /usr/lib/ssh/sftp-server',
      );
      if (kind.startsWith('the image') && server.out === '') return this.skip();
      sftp = await shell.sftp();
    });
    after(async () => {
      await shell?.close();
      await rig?.close();
    });

    const sha = async (path: string): Promise<string> => (await shell.run(`sha256sum < ${path}`)).out;

    it('uploads and downloads large files whole', async () => {
      const local = join(rig.folder, 'big');
      writeFileSync(local, randomBytes(5_000_001));
      await ask<void>(callback => sftp.fastPut(local, '/tmp/big', callback as (error?: Error | null) => void));
      assert.equal(await sha('/tmp/big'), await sha('/home/ubuntu/../../tmp/big'));
      await ask<void>(callback =>
        sftp.fastGet('/tmp/big', `${local}.back`, callback as (error?: Error | null) => void),
      );
      assert.ok(readFileSync(local).equals(readFileSync(`${local}.back`)));
    });

    it('takes paths relative to the home, gives files to the user with the asked mode', async () => {
      await ask<void>(callback =>
        sftp.writeFile('note.txt', 'hello', { mode: 0o640 }, callback as (error?: Error | null) => void),
      );
      assert.equal((await shell.run('stat -c "%U %a" /home/ubuntu/note.txt; cat note.txt')).out, 'ubuntu 640\nhello');
      assert.equal(await ask<string>(callback => sftp.realpath('.', callback)), '/home/ubuntu');
      assert.equal(await ask<string>(callback => sftp.realpath('../../etc', callback)), '/etc');
    });

    it('lists, renames, links, changes and removes', async () => {
      await ask<void>(callback => sftp.mkdir('folder', callback as (error?: Error | null) => void));
      await ask<void>(callback => sftp.writeFile('folder/a', 'x', callback as (error?: Error | null) => void));
      await ask<void>(callback => sftp.rename('folder/a', 'folder/b', callback as (error?: Error | null) => void));
      await ask<void>(callback => sftp.symlink('b', 'folder/link', callback as (error?: Error | null) => void));
      assert.equal(await ask<string>(callback => sftp.readlink('folder/link', callback)), 'b');
      await ask<void>(callback => sftp.chmod('folder/b', 0o755, callback as (error?: Error | null) => void));
      await ask<void>(callback =>
        sftp.utimes('folder/b', 1_000_000_000, 1_000_000_000, callback as (error?: Error | null) => void),
      );
      const stats = await ask<Stats>(callback => sftp.stat('folder/link', callback));
      assert.deepEqual([stats.mode & 0o777, stats.mtime, stats.isFile()], [0o755, 1_000_000_000, true]);
      assert.ok((await ask<Stats>(callback => sftp.lstat('folder/link', callback))).isSymbolicLink());
      const names = (await ask<{ filename: string }[]>(callback => sftp.readdir('folder', callback))).map(
        one => one.filename,
      );
      assert.deepEqual(names.sort(), ['b', 'link']);
      for (const name of names)
        await ask<void>(callback => sftp.unlink(`folder/${name}`, callback as (error?: Error | null) => void));
      await ask<void>(callback => sftp.rmdir('folder', callback as (error?: Error | null) => void));
      await assert.rejects(
        ask<Stats>(callback => sftp.stat('folder', callback)),
        /no such file/i,
      );
    });

    it('has no more rights than the user', async () => {
      const none = /permission denied/i;
      await assert.rejects(
        ask<Buffer>(callback => sftp.readFile('/etc/shadow', callback)),
        none,
      );
      await assert.rejects(
        ask<unknown>(callback => sftp.readdir('/root', callback)),
        none,
      );
      await assert.rejects(
        ask<void>(callback => sftp.writeFile('/etc/evil', 'x', callback as (error?: Error | null) => void)),
        none,
      );
      await assert.rejects(
        ask<void>(callback => sftp.unlink('/etc/passwd', callback as (error?: Error | null) => void)),
        none,
      );
      await assert.rejects(
        ask<void>(callback => sftp.chmod('/etc/passwd', 0o777, callback as (error?: Error | null) => void)),
        none,
      );
      await assert.rejects(
        ask<void>(callback => sftp.chown('/home/ubuntu/note.txt', 0, 0, callback as (error?: Error | null) => void)),
        none,
      );
      await assert.rejects(
        ask<void>(callback => sftp.rename('/etc/passwd', '/etc/passwd2', callback as (error?: Error | null) => void)),
        none,
      );
    });

    it('leads no link out of the machine', async () => {
      await ask<void>(callback =>
        sftp.symlink('/proc/1/root/../../../etc/hostname', 'out', callback as (error?: Error | null) => void),
      );
      const text = await ask<Buffer>(callback => sftp.readFile('/etc/hostname', callback));
      assert.equal(text.toString().trim(), plan.hostname);
      const through = await ask<Buffer>(callback => sftp.readFile('out', callback)).catch(() => undefined);
      if (through) assert.equal(through.toString().trim(), plan.hostname);
    });

    it("speaks scp's old protocol, as other clients send it", async () => {
      const channel = await shell.open('scp -vt /tmp');
      const ended = collect(channel);
      channel.write('C0755 6 script.sh\nhello\n\0');
      channel.end();
      assert.equal((await ended).code, 0);
      assert.equal((await shell.run('stat -c %a /tmp/script.sh; cat /tmp/script.sh')).out, '755\nhello\n');

      mkdirSync(join(rig.folder, 'unused'), { recursive: true });
      const tree = await shell.open('scp -r -t /tmp/');
      const treeEnded = collect(tree);
      tree.write('D0755 0 top\nC0644 1 one\n1\0D0700 0 sub\nC0600 1 two\n2\0E\nE\n');
      tree.end();
      assert.equal((await treeEnded).code, 0);
      assert.equal((await shell.run('cat /tmp/top/one /tmp/top/sub/two')).out, '12');

      const back = await shell.open('scp -f /tmp/script.sh');
      const backEnded = collect(back);
      back.write('\0\0\0\0');
      back.end();
      assert.match((await backEnded).out, /^C0755 6 script\.sh\nhello\n\0$/);

      const refused = await shell.open('scp -t /etc/');
      const refusedEnded = collect(refused);
      refused.write('C0644 1 evil\nx\0');
      refused.end();
      const { out, code } = await refusedEnded;
      assert.match(out, /\x01scp: .*evil/);
      assert.equal(code, 1);
    });
  });
}
