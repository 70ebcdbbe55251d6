import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { isConnectionFailure } from '../../src/sdk/scripts/connection-failure.ts';
import { type Bench, collect, never, startBench, until } from './helpers.ts';

describe('communicator ssh: commands', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  it('keeps stdout, stderr and the exit code apart', async () => {
    const communicator = await bench.connect();
    assert.deepEqual(await collect(communicator, 'echo out; echo err >&2; exit 3'), {
      stdout: 'out\n',
      stderr: 'err\n',
      result: { kind: 'exit', code: 3 },
    });
  });

  it('tells a signal from an exit code, and a missing status from both', async () => {
    const communicator = await bench.connect();
    assert.deepEqual((await collect(communicator, 'kill -TERM $$')).result, { kind: 'signal', signal: 'TERM' });
    bench.server.mischief.hideExitStatus = true;
    assert.deepEqual((await collect(communicator, 'echo x')).result, { kind: 'disconnect' });
  });

  it('gives commands an empty standard input', async () => {
    const communicator = await bench.connect();
    assert.equal((await collect(communicator, 'cat; echo end')).stdout, 'end\n');
  });

  it('reports a connection lost in the middle, with what was printed before', async () => {
    const communicator = await bench.connect();
    bench.server.mischief.dropAfter = 150;
    const { stdout, result } = await collect(communicator, 'echo DROP; sleep 1000');
    assert.equal(stdout, 'DROP\n');
    assert.deepEqual(result, { kind: 'disconnect' });
  });

  it('connects again for the next command', async () => {
    const communicator = await bench.connect();
    bench.server.dropAll();
    assert.equal((await collect(communicator, 'echo again')).stdout, 'again\n');
  });

  it('fails at once, as a connection failure, while the machine is away', async () => {
    const communicator = await bench.connect();
    bench.server.mischief.refuseConnections = 1;
    bench.server.dropAll();
    await assert.rejects(communicator.run('true', { signal: never }), isConnectionFailure);
    bench.server.mischief.refuseSessions = 1;
    await assert.rejects(communicator.run('true', { signal: never }), isConnectionFailure);
    assert.equal((await collect(communicator, 'echo back')).stdout, 'back\n');
  });

  it('waits for a reboot in reconnect', async () => {
    const communicator = await bench.connect();
    const reboot = bench.server.reboot(700);
    await communicator.reconnect(never);
    await reboot;
    assert.equal((await collect(communicator, 'echo up')).stdout, 'up\n');
  });

  it('loses nothing of 200,000 lines on both streams', async () => {
    const communicator = await bench.connect();
    const { stdout, stderr, result } = await collect(
      communicator,
      'i=0; while [ $i -lt 100000 ]; do echo "line $i of standard output"; echo "e $i" >&2; i=$((i+1)); done',
    );
    assert.deepEqual(result, { kind: 'exit', code: 0 });
    const lines = stdout.split('\n');
    assert.equal(lines.length, 100_001);
    lines.slice(0, -1).forEach((line, index) => {
      assert.equal(line, `line ${index} of standard output`);
    });
    assert.equal(stderr, Array.from({ length: 100_000 }, (_, index) => `e ${index}\n`).join(''));
  });

  it('runs commands in parallel without mixing them up', async () => {
    const communicator = await bench.connect();
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        collect(communicator, `for i in 1 2 3; do echo ${index}; sleep 0.0${index}; done; exit ${index}`),
      ),
    );
    results.forEach(({ stdout, result }, index) => {
      assert.equal(stdout, `${index}\n`.repeat(3));
      assert.deepEqual(result, { kind: 'exit', code: index });
    });
  });

  it('kills the remote command on abort, with what it started, before it rejects', async () => {
    const communicator = await bench.connect();
    const controller = new AbortController();
    let started = '';
    const running = communicator.run('sleep 1000 & echo $!; sleep 1001', {
      signal: controller.signal,
      stdout: chunk => {
        started += chunk.toString();
      },
    });
    await until(() => started.endsWith('\n'));
    const pid = Number(started);
    assert.ok(isAlive(pid));
    controller.abort(new Error('cancelled by a test'));
    await assert.rejects(running, /cancelled by a test/);
    await until(() => !isAlive(pid));
    assert.equal((await collect(communicator, 'echo still usable')).stdout, 'still usable\n');
  });

  it('aborts only the command whose signal it is', async () => {
    const communicator = await bench.connect();
    const controller = new AbortController();
    const doomed = communicator.run('sleep 1000', { signal: controller.signal });
    const other = collect(communicator, 'sleep 1; echo survived');
    await until(() => bench.server.log.filter(line => line.startsWith('exec sleep')).length === 2);
    controller.abort(new Error('only this one'));
    await assert.rejects(doomed, /only this one/);
    assert.equal((await other).stdout, 'survived\n');
  });

  it('refuses to start anything for an aborted signal', async () => {
    const communicator = await bench.connect();
    await assert.rejects(communicator.run('true', { signal: AbortSignal.abort(new Error('too late')) }), /too late/);
    assert.ok(!bench.server.log.includes('exec true'));
  });

  it('asks for the terminal that Packer asks for, when ssh_pty is set', async () => {
    const communicator = await bench.connect({ ssh_pty: true });
    await collect(communicator, 'true');
    assert.deepEqual(bench.server.terminals, [{ term: 'xterm', cols: 80, rows: 40 }]);
  });

  it('ends a connection on which nothing arrives for ssh_read_write_timeout', async () => {
    const communicator = await bench.connect({ ssh_read_write_timeout: 300, ssh_keep_alive_interval: -1 });
    assert.deepEqual((await collect(communicator, 'sleep 1000')).result, { kind: 'disconnect' });
    const alive = await bench.connect({ ssh_read_write_timeout: 1000, ssh_keep_alive_interval: 100 });
    assert.deepEqual((await collect(alive, 'sleep 1.5')).result, { kind: 'exit', code: 0 });
  });
});

describe('communicator ssh: agent', () => {
  let folder: string;
  const before = process.env['SSH_AUTH_SOCK'];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kiln-agent-'));
    process.env['SSH_AUTH_SOCK'] = join(folder, 'agent');
  });
  afterEach(() => {
    if (before === undefined) delete process.env['SSH_AUTH_SOCK'];
    else process.env['SSH_AUTH_SOCK'] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  it('logs in with a key the agent holds', async () => {
    const bench = await startBench();
    const agent = await startAgent(join(folder, 'agent'), bench.key.privateKey);
    const { connect } = await import('../../src/communicators/index.ts');
    const machine = { ...bench.machine, target: async () => ({ host: '127.0.0.1', port: bench.server.port }) };
    const options = { ssh_username: 'tester', ssh_agent_auth: true, ssh_handshake_attempts: 1 };
    const communicator = await connect(options, machine, { signal: never, ui: bench.ui });
    assert.equal((await collect(communicator, 'echo by agent')).stdout, 'by agent\n');
    await communicator.close();
    await agent.close();
    await bench.close();
  });

  it('runs commands although the server refuses agent forwarding', async () => {
    const bench = await startBench({ mischief: { refuseAgentForwarding: true } });
    const communicator = await bench.connect();
    for (const text of ['one', 'two']) assert.equal((await collect(communicator, `echo ${text}`)).stdout, `${text}\n`);
    await bench.close();
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

/** An agent with one key, on a socket, by ssh2's own agent protocol. */
async function startAgent(path: string, privateKey: string): Promise<{ close(): Promise<void> }> {
  const { default: ssh2 } = await import('ssh2');
  const { parsePrivateKey } = await import('../../src/communicators/ssh/private-key.ts');
  const key = parsePrivateKey(privateKey);
  const server = createServer(socket => {
    const protocol = new ssh2.AgentProtocol(false);
    protocol.on('identities', request => protocol.getIdentitiesReply(request, [key as never]));
    protocol.on('sign', (request, _publicKey, data) => protocol.signReply(request, key.sign(data) as Buffer));
    socket
      .on('error', () => {})
      .pipe(protocol)
      .pipe(socket);
  });
  await new Promise<void>(resolve => server.listen(path, resolve));
  return { close: async () => void (await new Promise(resolve => server.close(resolve))) };
}
