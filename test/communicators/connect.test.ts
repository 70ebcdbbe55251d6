import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { connect } from '../../src/communicators/index.ts';
import { newKey, pkcs8Key, startSshServer } from '../helpers/ssh-server.ts';
import { type Bench, collect, machineAt, never, recordingUi, startBench, until } from './helpers.ts';

const rejectsWith = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && 'code' in error, String(error));
  assert.equal(error.name, 'KilnError');
  assert.equal(error.code, code);
  assert.match(error.message, text);
  return true;
};

describe('communicator ssh: connecting', () => {
  let bench: Bench;
  let folder: string;
  beforeEach(async () => {
    bench = await startBench();
    folder = mkdtempSync(join(tmpdir(), 'kiln-connect-'));
  });
  afterEach(async () => {
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("logs in with the builder's key and tells what it does", async () => {
    const communicator = await bench.connect();
    assert.equal((await collect(communicator, 'echo ok')).stdout, 'ok\n');
    assert.deepEqual(bench.ui.said, [
      'Using SSH communicator to connect: 127.0.0.1',
      'Waiting for SSH to become available...',
      'Connected to SSH!',
    ]);
  });

  it('tries again while the machine refuses, hangs up, or does not speak SSH yet', async () => {
    bench.server.mischief.refuseConnections = 2;
    await bench.connect({ ssh_timeout: 20_000 });
    assert.equal(bench.server.log.filter(line => line === 'tcp').length, 3);
  });

  it('asks the machine for its address before each attempt', async () => {
    let asked = 0;
    const { server, key, ui } = bench;
    const machine = machineAt(() => {
      asked++;
      if (asked === 1) throw new Error('no address yet');
      return { host: '127.0.0.1', port: asked === 2 ? 1 : server.port, privateKeys: [key.privateKey] };
    });
    const communicator = await connect({ ssh_username: 'tester' }, machine, { signal: never, ui });
    await communicator.close();
    assert.equal(asked, 3);
  });

  it('gives up after ssh_timeout, with the last obstacle', async () => {
    const machine = machineAt(() => ({ host: '127.0.0.1', port: 1 }));
    await assert.rejects(
      connect({ ssh_username: 'tester', ssh_timeout: 300 }, machine, { signal: never, ui: recordingUi() }),
      rejectsWith('ssh-timeout', /300ms: 127\.0\.0\.1:1 refuses connections$/),
    );
  });

  it('gives up after ssh_wait_timeout too, which overrides ssh_timeout', async () => {
    const machine = machineAt(() => ({ host: '127.0.0.1', port: 1 }));
    await assert.rejects(
      connect({ ssh_username: 't', ssh_timeout: 600_000, ssh_wait_timeout: 200 }, machine, {
        signal: never,
        ui: recordingUi(),
      }),
      rejectsWith('ssh-timeout', /200ms/),
    );
  });

  it('counts refused logins only, and stops at ssh_handshake_attempts', async () => {
    bench.server.mischief.refuseLogins = 100;
    bench.server.mischief.refuseConnections = 2;
    await assert.rejects(
      bench.connect({ ssh_handshake_attempts: 2 }),
      rejectsWith('login-refused', /refused the login of "tester" \(tried: key\), 2 times$/),
    );
    assert.equal(bench.server.log.filter(line => line === 'tcp').length, 4);
  });

  it('goes on after refused logins that stay below the limit', async () => {
    bench.server.mischief.refuseLogins = 1;
    await bench.connect({ ssh_handshake_attempts: 3 });
  });

  it('stops connecting when the signal is aborted', async () => {
    bench.server.mischief.hang = 100;
    const controller = new AbortController();
    const attempt = bench.connect({}, controller.signal);
    await until(() => bench.server.log.includes('tcp'));
    controller.abort(new Error('enough'));
    await assert.rejects(attempt, /enough/);
  });

  it('reads keys from ssh_private_key_file, PKCS#8 ones included', async () => {
    const { default: ssh2 } = await import('ssh2');
    const { parsePrivateKey } = await import('../../src/communicators/ssh/private-key.ts');
    for (const type of ['ed25519', 'rsa', 'ec'] as const) {
      const text = pkcs8Key(type);
      const path = join(folder, type);
      writeFileSync(path, text, { mode: 0o600 });
      const key = parsePrivateKey(text);
      const publicKey = `${key.type} ${key.getPublicSSH().toString('base64')}`;
      assert.ok(!(ssh2.utils.parseKey(publicKey) instanceof Error));
      const server = await startSshServer({ users: { tester: { publicKey } } });
      const machine = machineAt(() => ({ host: '127.0.0.1', port: server.port }));
      const options = { ssh_username: 'tester', ssh_private_key_file: path, ssh_handshake_attempts: 1 };
      const communicator = await connect(options, machine, { signal: never, ui: recordingUi() });
      await communicator.close();
      await server.close();
    }
  });

  it('logs in with a password, and answers keyboard-interactive questions with it', async () => {
    for (const keyboardInteractive of [false, true]) {
      const server = await startSshServer({ users: { tester: { password: 'secret' } }, keyboardInteractive });
      const machine = machineAt(() => ({ host: '127.0.0.1', port: server.port }));
      const options = { ssh_username: 'tester', ssh_password: 'secret', ssh_handshake_attempts: 1 };
      await (await connect(options, machine, { signal: never, ui: recordingUi() })).close();
      await assert.rejects(
        connect({ ...options, ssh_password: 'wrong' }, machine, { signal: never, ui: recordingUi() }),
        rejectsWith('login-refused', keyboardInteractive ? /keyboard-interactive/ : /tried: password/),
      );
      await server.close();
    }
  });

  it('connects a second time after pause_before_connecting', async () => {
    await bench.connect({ pause_before_connecting: 50 });
    assert.equal(bench.server.log.filter(line => line.startsWith('login ok')).length, 2);
    assert.equal(bench.server.connections.size, 1);
  });

  it('offers only the ciphers and key exchanges asked for', async () => {
    await bench.connect({
      ssh_ciphers: ['aes256-ctr', 'made-up'],
      ssh_key_exchange_algorithms: ['ecdh-sha2-nistp521'],
    });
  });

  it('says so when an agent is asked for and there is none', async () => {
    const before = process.env['SSH_AUTH_SOCK'];
    delete process.env['SSH_AUTH_SOCK'];
    try {
      await assert.rejects(bench.connect({ ssh_agent_auth: true }), /SSH_AUTH_SOCK is not set/);
    } finally {
      if (before !== undefined) process.env['SSH_AUTH_SOCK'] = before;
    }
  });

  it('goes through a bastion, each side with its own login', async () => {
    const bastion = await startSshServer({ users: { jump: { password: 'over' } } });
    const communicator = await bench.connect({
      ssh_bastion_host: '127.0.0.1',
      ssh_bastion_port: bastion.port,
      ssh_bastion_username: 'jump',
      ssh_bastion_password: 'over',
    });
    assert.equal((await collect(communicator, 'echo through')).stdout, 'through\n');
    assert.ok(bastion.log.includes(`tcpip 127.0.0.1:${bench.server.port}`));
    await communicator.close();
    await until(() => bastion.connections.size === 0 && bench.server.connections.size === 0);
    await bastion.close();
  });

  it('goes through a SOCKS5 proxy, with and without a login', async () => {
    for (const login of [false, true]) {
      const proxy = await startSocksProxy(login);
      const communicator = await bench.connect({
        ssh_proxy_host: '127.0.0.1',
        ssh_proxy_port: proxy.port,
        ...(login && { ssh_proxy_username: 'me', ssh_proxy_password: 'pw' }),
      });
      assert.equal((await collect(communicator, 'echo proxied')).stdout, 'proxied\n');
      assert.deepEqual(proxy.requests, [`127.0.0.1:${bench.server.port}`]);
      if (login)
        await assert.rejects(
          bench.connect({
            ssh_proxy_host: '127.0.0.1',
            ssh_proxy_port: proxy.port,
            ssh_proxy_username: 'me',
            ssh_proxy_password: 'bad',
          }),
          /refused the login/,
        );
      await communicator.close();
      await proxy.close();
    }
  });

  it('opens local and remote tunnels, again after a reconnect', async () => {
    const echo = createServer(socket => socket.on('error', () => {}).pipe(socket));
    await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve));
    const { port: echoPort } = echo.address() as { port: number };
    const [local, remote] = [await freePort(), await freePort()];
    const communicator = await bench.connect({
      ssh_local_tunnels: [`${local}:127.0.0.1:${echoPort}`],
      ssh_remote_tunnels: [`${remote}:127.0.0.1:${echoPort}`],
    });
    assert.equal(await echoThrough(local), 'ping');
    assert.equal(await echoThrough(remote), 'ping');
    await communicator.reconnect(never);
    assert.equal(await echoThrough(local), 'ping');
    assert.equal(await echoThrough(remote), 'ping');
    await communicator.close();
    await assert.rejects(echoThrough(local));
    echo.close();
  });

  it('names the tunnel whose port is taken', async () => {
    const port = bench.server.port;
    await assert.rejects(bench.connect({ ssh_local_tunnels: [`${port}:127.0.0.1:1`] }), /ssh_local_tunnels: port \d+/);
    await until(() => bench.server.connections.size === 0);
  });

  it('leaves neither sockets nor listeners behind', async () => {
    const controller = new AbortController();
    const communicator = await bench.connect({}, controller.signal);
    await Promise.all(Array.from({ length: 20 }, () => collect(communicator, 'true', controller.signal)));
    await communicator.close();
    await until(() => bench.server.connections.size === 0);
    assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
    await communicator.close();
    await assert.rejects(communicator.run('true', { signal: never }), /closed already/);
  });
});

describe('communicator ssh: host keys', () => {
  it('accepts a key the builder knows, and refuses any other at once', async () => {
    const bench = await startBench();
    const target = { host: '127.0.0.1', port: bench.server.port, privateKeys: [bench.key.privateKey] };
    const good = machineAt(() => ({ ...target, hostKeys: [newKey().publicKey, bench.server.hostKeyLine] }));
    await (await connect({ ssh_username: 'tester' }, good, { signal: never, ui: bench.ui })).close();
    const bad = machineAt(() => ({ ...target, hostKeys: [newKey().publicKey] }));
    await assert.rejects(
      connect({ ssh_username: 'tester' }, bad, { signal: never, ui: bench.ui }),
      rejectsWith('wrong-host-key', /shows the host key SHA256:.+ none of the machine's own/),
    );
    await bench.close();
  });

  it('compares with the keys the machine announced', async () => {
    const bench = await startBench();
    const target = () => ({ host: '127.0.0.1', port: bench.server.port, privateKeys: [bench.key.privateKey] });
    const lines = [`-----BEGIN SSH HOST KEY KEYS-----`, bench.server.hostKeyLine];
    const good = machineAt(target, { announcedHostKeys: async () => lines });
    await (await connect({ ssh_username: 'tester' }, good, { signal: never, ui: bench.ui })).close();
    const bad = machineAt(target, { announcedHostKeys: async () => [newKey().publicKey] });
    await assert.rejects(
      connect({ ssh_username: 'tester' }, bad, { signal: never, ui: bench.ui }),
      rejectsWith('wrong-host-key', /none of the machine's own/),
    );
    const silent = machineAt(target, {
      announcedHostKeys: async () => {
        throw new Error('the console cannot be read');
      },
    });
    await (await connect({ ssh_username: 'tester' }, silent, { signal: never, ui: bench.ui })).close();
    await bench.close();
  });

  it('holds the machine to the first key it showed', async () => {
    const bench = await startBench();
    const communicator = await bench.connect();
    const { port } = bench.server;
    await bench.server.close();
    const other = await startSshServer({ users: { tester: { publicKey: bench.key.publicKey } }, port });
    await assert.rejects(communicator.reconnect(never), rejectsWith('wrong-host-key', /now shows .+ at the first/));
    await assert.rejects(communicator.run('true', { signal: never }), rejectsWith('wrong-host-key', /now shows/));
    await other.close();
    await bench.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

async function echoThrough(port: number): Promise<string> {
  const { connect: connectTcp } = await import('node:net');
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    socket.once('data', data => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.write('ping');
  });
}

/** A SOCKS5 proxy of a few lines, to stand for the user's own. */
async function startSocksProxy(login: boolean): Promise<{ port: number; requests: string[]; close(): Promise<void> }> {
  const { connect: connectTcp } = await import('node:net');
  const requests: string[] = [];
  const server = createServer(socket => {
    let stage: 'greeting' | 'login' | 'request' | 'data' = 'greeting';
    socket.on('error', () => {});
    socket.on('data', data => {
      if (stage === 'greeting') {
        socket.write(Buffer.from([5, login ? 2 : 0]));
        stage = login ? 'login' : 'request';
      } else if (stage === 'login') {
        const ok = data.includes('me') && data.includes('pw');
        socket.write(Buffer.from([1, ok ? 0 : 1]));
        stage = 'request';
      } else if (stage === 'request') {
        stage = 'data';
        const length = data[4] ?? 0;
        const host = data.subarray(5, 5 + length).toString();
        const port = data.readUInt16BE(5 + length);
        requests.push(`${host}:${port}`);
        const onward = connectTcp(port, host, () => {
          socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          socket.removeAllListeners('data');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.destroy());
      }
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    requests,
    close: async () => {
      await new Promise(resolve => server.close(resolve));
    },
  };
}
