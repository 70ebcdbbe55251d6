import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { connect } from '../../src/communicators/index.ts';
import type { Communicator } from '../../src/sdk/communicator.ts';
import type { CommunicatorOptions } from '../../src/sdk/communicator-options.ts';
import { collect, machineAt, never, recordingUi, until } from '../communicators/helpers.ts';
import { hasTool } from '../helpers/tools.ts';

/** OpenSSH's own server, run by this user on a free port of this host, as machines have it. */
describe('communicator ssh against OpenSSH', () => {
  const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find(existsSync);
  let folder: string;
  let port: number;
  let stop: () => Promise<void>;
  const open: Communicator[] = [];

  before(async function () {
    if (!sshd || !hasTool('ssh-keygen')) this.skip(); // no sshd here
    folder = mkdtempSync(join(tmpdir(), 'kiln-sshd-'));
    const keygen = (...args: string[]) => execFileSync('ssh-keygen', ['-q', '-N', '', ...args], { cwd: folder });
    keygen('-t', 'ed25519', '-f', 'host');
    keygen('-t', 'ed25519', '-f', 'ca');
    for (const type of ['ed25519', 'rsa', 'ecdsa']) {
      keygen('-t', type, '-f', type);
      keygen('-t', type, '-f', `certified-${type}`);
      const sign = ['-q', '-s', 'ca', '-I', 'test', '-n', userInfo().username, `certified-${type}.pub`];
      execFileSync('ssh-keygen', sign, { cwd: folder });
    }
    writeFileSync(
      join(folder, 'admitted'),
      ['ed25519', 'rsa', 'ecdsa'].map(name => readFileSync(join(folder, `${name}.pub`))).join(''),
    );
    port = await freePort();
    writeFileSync(
      join(folder, 'config'),
      `Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/admitted
TrustedUserCAKeys ${folder}/ca.pub
StrictModes no
UsePAM no
PidFile none
MaxAuthTries 20
Subsystem sftp internal-sftp
`,
    );
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    const server = spawn(sshd, ['-D', '-e', '-f', join(folder, 'config')], { stdio: 'ignore' });
    stop = async () => {
      const gone = new Promise(resolve => server.once('exit', resolve));
      server.kill();
      await gone;
    };
    await until(() => spawnSync('ssh-keyscan', ['-p', String(port), '127.0.0.1'], { stdio: 'pipe' }).stdout.length > 0);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(one => one.close()));
  });
  after(async () => {
    await stop?.();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function login(options: CommunicatorOptions = {}): Promise<Communicator> {
    const hostKeys = [readFileSync(join(folder, 'host.pub'), 'utf8')];
    const communicator = await connect(
      {
        ssh_username: userInfo().username,
        ssh_private_key_file: join(folder, 'ed25519'),
        ssh_handshake_attempts: 1,
        ...options,
      },
      machineAt(() => ({ host: '127.0.0.1', port, hostKeys })),
      { signal: never, ui: recordingUi() },
    );
    open.push(communicator);
    return communicator;
  }

  for (const type of ['ed25519', 'rsa', 'ecdsa']) {
    it(`logs in with an ${type} key, and with a certificate for one`, async () => {
      const plain = await login({ ssh_private_key_file: join(folder, type) });
      assert.equal((await collect(plain, 'echo key')).stdout, 'key\n');
      const certified = await login({
        ssh_private_key_file: join(folder, `certified-${type}`),
        ssh_certificate_file: join(folder, `certified-${type}-cert.pub`),
      });
      assert.equal((await collect(certified, 'echo certificate')).stdout, 'certificate\n');
      await assert.rejects(login({ ssh_private_key_file: join(folder, `certified-${type}`) }), /refused the login/);
    });
  }

  it('tells exits, signals and disconnects apart', async () => {
    const communicator = await login();
    const result = async (command: string) => (await collect(communicator, command)).result;
    assert.deepEqual(await result('exit 9'), { kind: 'exit', code: 9 });
    assert.deepEqual(await result('kill -KILL $$'), { kind: 'signal', signal: 'KILL' });
    assert.deepEqual(await result('kill -KILL $PPID'), { kind: 'disconnect' });
    assert.deepEqual(await result('exit 0'), { kind: 'exit', code: 0 });
  });

  it('gives a terminal of 80 columns by 40 lines with ssh_pty', async () => {
    const communicator = await login({ ssh_pty: true });
    const { stdout } = await collect(communicator, 'stty size; echo $TERM; tty >/dev/null && echo tty');
    assert.deepEqual(stdout.split(/\r?\n/), ['40 80', 'xterm', 'tty', '']);
  });

  for (const pty of [false, true]) {
    it(`kills the whole tree of a command on abort${pty ? ', in a terminal' : ''}`, async () => {
      const communicator = await login({ ssh_pty: pty });
      const controller = new AbortController();
      let printed = '';
      const stubborn = `sh -c 'trap : TERM HUP; echo pid $$; while :; do sleep 0.1; done'`;
      const running = communicator.run(`setsid ${stubborn} & ${stubborn}; wait`, {
        signal: controller.signal,
        stdout: chunk => {
          printed += chunk.toString();
        },
      });
      const pids = (): number[] => [...printed.matchAll(/pid (\d+)/g)].map(match => Number(match[1]));
      await until(() => pids().length === 2);
      controller.abort(new Error('cancelled'));
      await assert.rejects(running, /cancelled/);
      // The last parent may take a moment to notice.
      await until(() => !pids().some(isAlive));
      assert.equal((await collect(communicator, 'echo usable')).stdout.trim(), 'usable');
    });
  }

  it('kills what sudo started', async function () {
    if (!hasTool('sudo') || spawnSync('sudo', ['-n', 'true']).status !== 0) this.skip(); // no password-less sudo
    const communicator = await login();
    const controller = new AbortController();
    let printed = '';
    const running = communicator.run(`sudo -n sh -c 'echo $$; sleep 1000; echo'`, {
      signal: controller.signal,
      stdout: chunk => {
        printed += chunk.toString();
      },
    });
    await until(() => printed.endsWith('\n'));
    controller.abort(new Error('cancelled'));
    await assert.rejects(running, /cancelled/);
    await until(() => !isAlive(Number(printed)));
  });

  it('leaves daemons of earlier commands alone when a later one is aborted', async () => {
    const communicator = await login();
    const { stdout } = await collect(communicator, 'nohup setsid sleep 300 >/dev/null 2>&1 & echo $!');
    const daemon = Number(stdout);
    const controller = new AbortController();
    const running = communicator.run('sleep 1000', { signal: controller.signal });
    await until(async () => spawnSync('pgrep', ['-f', '^sleep 1000$']).status === 0);
    controller.abort(new Error('cancelled'));
    await assert.rejects(running, /cancelled/);
    assert.ok(isAlive(daemon));
    process.kill(daemon);
  });

  it('transfers 50 MB unharmed, and many files', async () => {
    const communicator = await login();
    const source = join(folder, 'big');
    writeFileSync(source, randomBytes(50_000_000));
    await communicator.upload({ path: source }, join(folder, 'copy'), { signal: never });
    await communicator.download(join(folder, 'copy'), join(folder, 'back'), { signal: never });
    const sum = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    assert.equal(sum(join(folder, 'copy')), sum(source));
    assert.equal(sum(join(folder, 'back')), sum(source));
    mkdirSync(join(folder, 'many'));
    for (let index = 0; index < 300; index++) writeFileSync(join(folder, 'many', `${index}`), `${index}`);
    await communicator.uploadFolder(join(folder, 'many'), join(folder, 'many-copy'), { signal: never });
    for (let index = 0; index < 300; index++)
      assert.equal(readFileSync(join(folder, 'many-copy', `${index}`), 'utf8'), `${index}`);
  });

  it('says that the disk is full', async function () {
    if (process.getuid?.() !== 0) this.skip(); // mounting needs root
    const small = join(folder, 'small');
    mkdirSync(small);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]).status !== 0) this.skip(); // no mounts here
    try {
      const communicator = await login();
      const content = Buffer.alloc(3_000_000, 1);
      await assert.rejects(
        communicator.upload({ content }, join(small, 'x'), { signal: never }),
        /cannot write ".*small\/x" on the machine: the disk there is full/,
      );
    } finally {
      spawnSync('umount', [small]);
    }
  });

  it('works with a cipher that the template chooses', async () => {
    const communicator = await login({ ssh_ciphers: ['aes256-ctr'] });
    await communicator.upload({ content: Buffer.alloc(5_000_000, 3) }, join(folder, 'ctr'), { signal: never });
    assert.equal(readFileSync(join(folder, 'ctr')).length, 5_000_000);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}
