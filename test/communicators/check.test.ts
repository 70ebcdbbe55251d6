import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import ssh2 from 'ssh2';
import { checkCommunicator, connect } from '../../src/communicators/index.ts';
import { CIPHERS, KEY_EXCHANGES } from '../../src/communicators/ssh/algorithms.ts';
import { parseTunnel, sshSettings } from '../../src/communicators/ssh/settings.ts';
import type { CommunicatorOptions } from '../../src/sdk/communicator-options.ts';
import { newKey, pkcs8Key } from '../helpers/ssh-server.ts';
import { prepareContext } from '../provisioners/helpers.ts';
import { machineAt, never, recordingUi } from './helpers.ts';

function findings(options: CommunicatorOptions, hostFromBuilder = true): string[] {
  const context = prepareContext();
  checkCommunicator({ ssh_username: 'ubuntu', ...options }, context, { hostFromBuilder });
  return context.found.map(one => `${one.severity} ${one.path}: ${one.message}${one.hint ? ` (${one.hint})` : ''}`);
}

describe('checkCommunicator', () => {
  let folder: string;
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kiln-check-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('wants a user for ssh and winrm, and a host where the builder finds none', () => {
    assert.deepEqual(findings({}), []);
    assert.match(findings({ ssh_username: undefined })[0] ?? '', /^error ssh_username: "ssh_username" is required/);
    assert.match(findings({}, false)[0] ?? '', /^error ssh_host: "ssh_host" is required/);
    const winrm = findings({ communicator: 'winrm' }, false).map(line => line.split(':')[0]);
    assert.deepEqual(winrm.slice(0, 2), ['error winrm_username', 'error winrm_host']);
    assert.deepEqual(findings({ communicator: 'none', ssh_username: undefined }, false), []);
  });

  it('accepts every usual kind of private key', () => {
    for (const text of [newKey().privateKey, pkcs8Key('ed25519'), pkcs8Key('rsa'), pkcs8Key('ec')])
      assert.deepEqual(findings({ ssh_private_key_file: file('key', text) }), []);
  });

  it('says what is wrong with a key file', () => {
    const wrong = (text: string): string => findings({ ssh_private_key_file: file('key', text) })[0] ?? 'accepted';
    assert.match(wrong(''), /key" is empty/);
    assert.match(wrong('hello'), /is not a private key that SSH knows/);
    assert.match(wrong(newKey().publicKey), /is a public key \(name the private key/);
    assert.match(wrong(newKey().privateKey.replace(/\n.{20}/, '\n')), /is not a private key/);
    assert.match(wrong(pkcs8Key('rsa').replace('A', 'B').slice(0, 200)), /is not a private key/);
    assert.match(findings({ ssh_private_key_file: join(folder, 'gone') })[0] ?? '', /gone" does not exist/);
    assert.match(findings({ ssh_private_key_file: folder })[0] ?? '', /is a folder/);
  });

  it('recognises keys protected by a passphrase, in both formats', function () {
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-N', 'secret', '-f', join(folder, 'new')]);
      execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PEM', '-N', 'secret', '-f', join(folder, 'old')]);
    } catch {
      this.skip(); // no ssh-keygen here
    }
    for (const name of ['new', 'old'])
      assert.match(findings({ ssh_private_key_file: join(folder, name) })[0] ?? '', /protected by a passphrase/);
  });

  it('wants a key beside a certificate, and a certificate that is one', () => {
    const key = file('key', newKey().privateKey);
    assert.match(findings({ ssh_certificate_file: key })[0] ?? '', /needs "ssh_private_key_file"/);
    assert.match(
      findings({ ssh_private_key_file: key, ssh_certificate_file: key })[0] ?? '',
      /is not an OpenSSH certificate/,
    );
  });

  it('wants a way to log in to a bastion, which excludes a proxy', () => {
    const bastion = { ssh_bastion_host: 'jump' };
    assert.match(findings(bastion)[0] ?? '', /^error ssh_bastion_host: there is no way to log in/);
    assert.deepEqual(findings({ ...bastion, ssh_bastion_password: 'x' }), []);
    assert.deepEqual(findings({ ...bastion, ssh_private_key_file: file('key', newKey().privateKey) }), []);
    const both = findings({ ...bastion, ssh_bastion_password: 'x', ssh_proxy_host: 'proxy' });
    assert.match(both[0] ?? '', /^error ssh_proxy_host: .*exclude each other/);
  });

  it('checks tunnels, key sizes and algorithm names', () => {
    assert.match(findings({ ssh_local_tunnels: ['80:x:90', 'x:y'] })[0] ?? '', /^error ssh_local_tunnels\.1: "x:y"/);
    const bits = (type: string, size: number): string[] =>
      findings({ temporary_key_pair_type: type, temporary_key_pair_bits: size });
    assert.equal(bits('rsa', 1023).length, 1);
    assert.equal(bits('rsa', 1024).length, 0);
    assert.equal(bits('ecdsa', 255).length, 1);
    assert.equal(bits('ecdsa', 521).length, 0);
    assert.match(
      findings({ ssh_ciphers: ['aes128-cttr'] })[0] ?? '',
      /^error ssh_ciphers\.0: .*did you mean "aes128-ctr"/,
    );
    assert.match(findings({ ssh_ciphers: ['aes128-ctr', 'nope'] })[0] ?? '', /^warning ssh_ciphers\.1/);
  });

  it('warns where an agent is wanted and there is none', () => {
    const before = process.env['SSH_AUTH_SOCK'];
    delete process.env['SSH_AUTH_SOCK'];
    assert.match(findings({ ssh_agent_auth: true })[0] ?? '', /^warning ssh_agent_auth: SSH_AUTH_SOCK is not set/);
    if (before !== undefined) process.env['SSH_AUTH_SOCK'] = before;
  });

  it('knows the algorithms that the SSH library knows', () => {
    for (const cipher of CIPHERS) assert.doesNotThrow(() => offer({ cipher: [cipher] }), cipher);
    for (const kex of KEY_EXCHANGES) assert.doesNotThrow(() => offer({ kex: [kex] }), kex);
    assert.throws(() => offer({ cipher: ['made-up'] }));
  });
});

/** ssh2 throws on names it does not know before it does anything else. */
function offer(algorithms: object): void {
  const client = new ssh2.Client();
  client.on('error', () => {});
  client.connect({ host: '127.0.0.1', port: 1, username: 'x', algorithms } as never);
  client.destroy();
}

describe('sshSettings', () => {
  it('gives ssh_timeout and ssh_handshake_attempts their defaults only while both are unset', () => {
    const patience = (options: CommunicatorOptions) => {
      const { timeout, attempts } = sshSettings(options, {});
      return [timeout, attempts.limit];
    };
    assert.deepEqual(patience({}), [300_000, 10]);
    assert.deepEqual(patience({ ssh_timeout: 1000 }), [1000, undefined]);
    assert.deepEqual(patience({ ssh_handshake_attempts: 3 }), [undefined, 3]);
    assert.deepEqual(patience({ ssh_handshake_attempts: 0 }), [undefined, undefined]);
    assert.deepEqual(patience({ ssh_timeout: 1000, ssh_wait_timeout: 2000 }), [2000, undefined]);
  });

  it('lets the bastion inherit the key, and switches keep-alive off for negative values', () => {
    const settings = sshSettings({ ssh_bastion_host: 'jump', ssh_username: 'me', ssh_keep_alive_interval: -1 }, {});
    assert.deepEqual(settings.bastion?.login.keys, settings.login.keys);
    assert.equal(settings.keepAliveInterval, 0);
    assert.equal(sshSettings({}, {}).keepAliveInterval, 5000);
  });

  it('forwards the agent unless ssh_disable_agent_forwarding says no', () => {
    const environment = { SSH_AUTH_SOCK: '/run/agent' };
    assert.equal(sshSettings({}, environment).forwardAgent, '/run/agent');
    assert.equal(sshSettings({ ssh_disable_agent_forwarding: true }, environment).forwardAgent, undefined);
  });

  it('reads tunnels', () => {
    assert.deepEqual(parseTunnel('8080:db.internal:5432'), { port: 8080, host: 'db.internal', hostPort: 5432 });
    assert.deepEqual(parseTunnel('8080:[::1]:5432'), { port: 8080, host: '::1', hostPort: 5432 });
    for (const text of ['', '80:x', 'a:b:c', '80:x:99999', '80:x:0']) assert.equal(parseTunnel(text), undefined, text);
  });
});

describe('communicator none', () => {
  it('lets commands succeed without running them, and refuses transfers at once', async () => {
    const machine = machineAt(() => {
      throw new Error('must not be asked');
    });
    const ui = recordingUi();
    const communicator = await connect({ communicator: 'none' }, machine, { signal: never, ui });
    assert.deepEqual(await communicator.run('exit 7', { signal: never }), { kind: 'exit', code: 0 });
    await assert.rejects(communicator.upload({ content: 'x' }, '/x', { signal: never }), /communicator is "none"/);
    await assert.rejects(communicator.uploadFolder('/a', '/x', { signal: never }), /communicator is "none"/);
    await assert.rejects(communicator.download('/x', '/y', { signal: never }), /communicator is "none"/);
    await communicator.reconnect(never);
    await communicator.close();
    assert.deepEqual(ui.said, []);
  });
});

describe('communicator winrm', () => {
  it('is refused with a clear message when it comes to connecting', async () => {
    const machine = machineAt(() => ({ host: 'x', port: 5985 }));
    await assert.rejects(
      connect({ communicator: 'winrm' }, machine, { signal: never, ui: recordingUi() }),
      /winrm is not built into kiln yet/,
    );
  });
});
