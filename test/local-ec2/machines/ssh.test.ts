import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer as createHttpLikeServer } from 'node:net';
import { after, before, describe, it } from 'mocha';
import ssh2 from 'ssh2';
import type { MachineSpec, RunningMachine } from '../../../src/local-ec2/machines/contract.ts';
import { canRunMachines, collect, eventually, KEY, newKey, Rig, Shell, spec, WHY_SKIPPED } from './rig.ts';

describe(`a local machine over SSH (${WHY_SKIPPED})`, function () {
  this.timeout(60_000);
  let rig: Rig;
  let plan: MachineSpec;
  let machine: RunningMachine;
  let shell: Shell;

  before(async function () {
    if (!canRunMachines()) return this.skip();
    rig = await Rig.create();
    plan = spec({ userData: Buffer.from('#!/bin/sh\necho from user data; id -un\ntouch /root/user-data-ran\n') });
    machine = await rig.machines.start(plan);
    shell = await Shell.connect(machine, plan.address);
  });
  after(async () => {
    await shell?.close();
    await rig?.close();
  });

  it('runs commands as the login user, with its home, groups and environment', async () => {
    const { out, code } = await shell.run('id -un; pwd; echo "$HOME $USER $LOGNAME $SHELL"; umask; id -Gn');
    assert.equal(code, 0);
    const [user, folder, environment, umask, groups] = out.trim().split('\n');
    assert.equal(user, 'ubuntu');
    assert.equal(folder, '/home/ubuntu');
    assert.match(environment ?? '', /^\/home\/ubuntu ubuntu ubuntu \/bin\/(ba)?sh$/);
    assert.equal(umask, '0022');
    assert.match(groups ?? '', /^ubuntu\b/);
  });

  it('becomes root by sudo without a password, the environment kept with -E', async () => {
    const { out, code, err } = await shell.run(
      'KILN_TEST=kept sudo -E -H -S -n -u root sh -c \'id -u; echo "$KILN_TEST $HOME"\'',
      {},
      '',
    );
    assert.equal(out, '0\nkept /root\n', err);
    assert.equal(code, 0);
  });

  it('keeps standard output and error apart, and gives the exit code', async () => {
    const ran = await shell.run('echo to out; echo to err >&2; exit 37');
    assert.deepEqual(ran, { out: 'to out\n', err: 'to err\n', code: 37, signal: undefined });
  });

  it('lets programs open /dev/stdout and /dev/stderr, also as another user', async () => {
    const ran = await shell.run('echo a >/dev/stdout; echo b | tee /dev/stderr; sudo sh -c "echo c >/dev/stderr"');
    assert.deepEqual(ran, { out: 'a\nb\n', err: 'b\nc\n', code: 0, signal: undefined });
  });

  it('tells a death by signal from an exit', async () => {
    const ran = await shell.run('kill -TERM $$');
    assert.equal(ran.code, null);
    assert.equal(ran.signal, 'SIGTERM');
    assert.equal((await shell.run('exit 143')).code, 143);
  });

  it('passes signals on to the whole process group', async () => {
    const channel = await shell.open('trap "echo caught; exit 9" TERM; echo ready; sleep 60 & wait');
    const ended = collect(channel);
    await new Promise(resolve => channel.once('data', resolve));
    channel.signal('TERM');
    const { out, code } = await ended;
    assert.match(out, /caught\n$/);
    assert.equal(code, 9);
  });

  it('feeds standard input to its end, and no further command is held up by input nobody reads', async () => {
    const input = Buffer.alloc(3_000_000, 'kiln is hot\n');
    const { out } = await shell.run('sha256sum', {}, input);
    assert.equal(out.split(' ')[0], createHash('sha256').update(input).digest('hex'));
    assert.equal((await shell.run('echo done', {}, input)).out, 'done\n');
  });

  it('delivers large output whole to a slow reader', async () => {
    const channel = await shell.open('head -c 20000000 /dev/zero | tr "\\0" k; echo; echo the end >&2');
    const hash = createHash('sha256');
    let bytes = 0;
    let errors = '';
    channel.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    for await (const chunk of channel as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes % 7 === 0) await new Promise(resolve => setTimeout(resolve, 1));
    }
    assert.equal(bytes, 20_000_001);
    assert.equal(
      hash.digest('hex'),
      createHash('sha256').update(Buffer.alloc(20_000_000, 'k')).update('\n').digest('hex'),
    );
    assert.equal(errors, 'the end\n');
  });

  it('takes environment requests', async () => {
    assert.equal(
      (await shell.run('echo "$KILN_ONE"', { env: { KILN_ONE: 'two words; $HOME' } })).out,
      'two words; $HOME\n',
    );
  });

  it('never lets the environment reach the programs that still have all rights', async () => {
    // A preloaded library that does not exist is complained of by each program that heeds the variable.
    const { err } = await shell.run('true', { env: { LD_PRELOAD: '/nowhere/evil.so' } });
    const heeding = err.split('\n').filter(line => line.includes('evil.so'));
    assert.ok(heeding.length >= 1, 'the command itself gets the variable');
    assert.ok(heeding.every(line => !/setpriv|nsenter|unshare/.test(line)));
  });

  it('gives a terminal of the asked size, which can be resized', async () => {
    const channel = await shell.open(
      'trap "stty size; exit 5" WINCH; tty; stty size; echo $TERM; while :; do sleep 0.1; done',
      {
        pty: { rows: 33, cols: 111, term: 'xterm-256color' },
      },
    );
    const ended = collect(channel);
    let seen = '';
    channel.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    await eventually('the terminal tells its type', () => seen.includes('xterm'));
    channel.setWindow(44, 122, 0, 0);
    const { out, code } = await ended;
    assert.match(out, /^\/dev\/pts\/\d+\r\n33 111\r\nxterm-256color\r\n44 122\r\n$/);
    assert.equal(code, 5);
  });

  it('echoes and interprets what is typed at a login shell', async () => {
    const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
      shell.client.shell({ term: 'dumb' }, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    const ended = collect(channel);
    channel.write('echo $((40 + 2)); exit 6\n');
    const { out, code } = await ended;
    assert.match(out, /echo \$\(\(40 \+ 2\)\); exit 6/);
    assert.match(out, /^42\r$/m);
    assert.equal(code, 6);
  });

  it('hangs up on a running command when the connection breaks', async () => {
    const other = await Shell.connect(machine, plan.address);
    const channel = await other.open('echo ready; exec sleep 7654');
    await new Promise(resolve => channel.once('data', resolve));
    assert.match((await shell.run('pgrep -fx "sleep 7654"')).out, /\d/);
    other.client.destroy();
    await eventually('the command is gone', async () => (await shell.run('pgrep -fx "sleep 7654"')).out === '');
  });

  it('runs many commands at once', async () => {
    const numbers = Array.from({ length: 9 }, (_, index) => index);
    const ran = await Promise.all(numbers.map(number => shell.run(`echo ${number}; exit ${number}`)));
    assert.deepEqual(
      ran.map(one => [one.out, one.code]),
      numbers.map(number => [`${number}\n`, number]),
    );
  });

  it('admits any valid login name with the key, and makes it a user who may sudo', async () => {
    for (const name of ['ec2-user', 'admin', 'centos', 'some_body']) {
      const other = await Shell.connect(machine, plan.address, name);
      assert.equal((await other.run('id -un; sudo -n id -u')).out, `${name}\n0\n`);
      await other.close();
    }
    const root = await Shell.connect(machine, plan.address, 'root');
    assert.equal((await root.run('id -u; pwd')).out, '0\n/root\n');
    await root.close();
  });

  it('refuses other keys, names that are none, system accounts and passwords', async () => {
    const stranger = newKey().private;
    await assert.rejects(Shell.connect(machine, plan.address, 'ubuntu', stranger), /authentication/i);
    await assert.rejects(Shell.connect(machine, plan.address, 'Robert"); DROP'), /authentication/i);
    await assert.rejects(Shell.connect(machine, plan.address, 'daemon'), /authentication/i);
    await assert.rejects(
      new Promise((resolve, reject) => {
        const client = new ssh2.Client();
        client.on('ready', () => resolve(undefined));
        client.on('error', reject);
        client.connect({ host: plan.address, port: machine.sshPort, username: 'ubuntu', password: 'ubuntu' });
      }),
      /authentication/i,
    );
    assert.equal((await shell.run('getent passwd | grep -c Robert')).out, '0\n');
  });

  it("admits a key that the user's own authorized_keys names, not one behind a link out of the home's rights", async () => {
    const own = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
    await shell.run(`echo '${own.public} own' >> ~/.ssh/authorized_keys`);
    const other = await Shell.connect(machine, plan.address, 'ubuntu', own.private);
    await other.close();
    // What only root can read does not admit anyone by being linked to.
    const hidden = newKey();
    await shell.run(
      `echo '${hidden.public}' | sudo tee /root/keys >/dev/null; sudo chmod 600 /root/keys; ln -sf /root/keys ~/.ssh/authorized_keys`,
    );
    await assert.rejects(Shell.connect(machine, plan.address, 'ubuntu', hidden.private), /authentication/i);
  });

  it('forwards ports both ways', async () => {
    const server = createHttpLikeServer(socket => socket.end('hello from the host'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const text = await new Promise<string>((resolve, reject) => {
      shell.client.forwardOut('127.0.0.1', 1, '127.0.0.1', port, (error, channel) => {
        if (error) return reject(error);
        let got = '';
        channel.on('data', (chunk: Buffer) => {
          got += chunk.toString();
        });
        channel.on('close', () => resolve(got));
      });
    });
    assert.equal(text, 'hello from the host');
    const remote = await new Promise<number>((resolve, reject) => {
      shell.client.forwardIn('127.0.0.1', 0, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    shell.client.on('tcp connection', (_info, accept) => accept().end('hello from the client'));
    const { out } = await shell.run(`exec 3<>/dev/tcp/127.0.0.1/${remote}; cat <&3`);
    assert.equal(out, 'hello from the client');
    server.close();
  });

  it('ran the user data as root, logged where cloud-init logs, and says when boot is finished', async () => {
    await eventually(
      'boot is finished',
      async () => (await shell.run('test -f /var/lib/cloud/instance/boot-finished')).code === 0,
    );
    assert.equal(
      (
        await shell.run(
          'sudo ls /root/user-data-ran; cat /var/log/cloud-init-output.log || sudo cat /var/log/cloud-init-output.log',
        )
      ).out.includes('from user data\nroot\n'),
      true,
    );
    assert.match(await machine.consoleOutput(), /from user data\nroot\n/);
  });

  it('announces its host keys on the console, and serves those very keys', async () => {
    const text = await machine.consoleOutput();
    const block = /-----BEGIN SSH HOST KEY KEYS-----\n([\s\S]*)-----END SSH HOST KEY KEYS-----/.exec(text)?.[1] ?? '';
    const announced = block
      .trim()
      .split('\n')
      .map(line => line.split(' ').slice(0, 2).join(' '));
    assert.deepEqual(announced, machine.hostKeys);
    assert.ok(machine.hostKeys.some(line => line.startsWith('ssh-ed25519 ')));
  });

  it('knows itself: hostname, hosts entry, metadata', async () => {
    const { out } = await shell.run(
      'hostname; getent hosts $(hostname); cat /run/kiln/metadata/placement/region; cat /etc/hostname',
    );
    const [hostname, hosts, rest] = out.split('\n');
    assert.equal(hostname, plan.hostname);
    assert.match(hosts ?? '', new RegExp(`^${plan.address}\\s+${plan.hostname}`));
    assert.equal(rest, `eu-west-1${plan.hostname}`);
    assert.ok(KEY.public.length > 0);
  });
});
