import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { EbsOptions } from '../../../builders/amazon-ebs/schema.ts';
import type { LocalEc2 } from '../../../src/local-ec2/index.ts';
import type { Machines } from '../../../src/local-ec2/machines/contract.ts';
import { createHollowMachines } from '../../../src/local-ec2/machines/none.ts';
import type { ConnectTarget } from '../../../src/sdk/plugin.ts';
import { bake, callsOf, hollowEc2, leaks, minimal } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const never = new AbortController().signal;

describe('amazon-ebs with --local', () => {
  let server: LocalEc2;
  const environment = { ...process.env };
  beforeEach(async () => {
    server = await hollowEc2(folder());
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: 'us-east-1',
    });
  });
  afterEach(async () => {
    await server.close();
    process.env = { ...environment };
  });
  const folder = tempFolders();

  const target = async (options: Partial<EbsOptions>, local: boolean): Promise<ConnectTarget | undefined> => {
    let found: ConnectTarget | undefined;
    const { error } = await bake({ ...minimal(server), ...options } as EbsOptions, {
      build: { local },
      provision: async machine => {
        found = await machine.target(never);
      },
    });
    assert.equal(error, undefined);
    assert.deepEqual(leaks(server), {});
    return found;
  };

  it('bakes a template made for AWS as it stands: its keys, profile, endpoint and instance profile do not count', async () => {
    const { error, complaints } = await bake(
      {
        ...minimal(server),
        access_key: 'AKIAREAL',
        secret_key: 'real',
        profile: 'prod',
        custom_endpoint_ec2: 'https://ec2.example.invalid',
        iam_instance_profile: 'web',
        assume_role: { role_arn: 'arn:aws:iam::123456789012:role/r' },
        temporary_security_group_source_public_ip: true,
      } as EbsOptions,
      { build: { local: true } },
    );
    assert.equal(error, undefined);
    assert.deepEqual(complaints, []);
    assert.equal(server.state().images.length, 1);
    assert.deepEqual(leaks(server), {});
  });

  it('connects to the SSH port that the embedded EC2 announces, but nobody else’s', async () => {
    await server.close();
    const hollow = createHollowMachines();
    const machines: Machines = { ...hollow, start: async spec => ({ ...(await hollow.start(spec)), sshPort: 2222 }) };
    server = await hollowEc2(folder(), { machines });
    process.env.AWS_ENDPOINT_URL = server.endpoint;
    process.env.AWS_ACCESS_KEY_ID = server.credentials.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = server.credentials.secretAccessKey;
    assert.equal((await target({}, true))?.port, 2222);
    assert.equal((await target({ ami_name: 'second' }, false))?.port, 22);
  });

  it('says what to do when the endpoint is not known', async () => {
    delete process.env.AWS_ENDPOINT_URL;
    const { error } = await bake(minimal(server), { build: { local: true } });
    assert.match((error as Error).message, /the embedded EC2 is to be used, but its endpoint is not known/);
  });
});

describe('amazon-ebs through the session manager', () => {
  let server: LocalEc2;
  let manager: Server;
  const requests: string[] = [];
  const environment = { ...process.env };
  beforeEach(async () => {
    server = await hollowEc2(folder());
    requests.length = 0;
    // The embedded EC2 has no sessions: this one answers as Systems Manager does.
    manager = createServer((request, answer) => {
      requests.push(String(request.headers['x-amz-target']));
      answer.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      answer.end('{"SessionId":"s-1","StreamUrl":"wss://stream","TokenValue":"t"}');
    });
    manager.listen(0, '127.0.0.1');
    await once(manager, 'listening');
    process.env.AWS_ENDPOINT_URL_SSM = `http://127.0.0.1:${(manager.address() as AddressInfo).port}`;
    process.env.AWS_ENDPOINT_URL_IAM = server.endpoint;
  });
  afterEach(async () => {
    manager.closeAllConnections();
    manager.close();
    await server.close();
    process.env = { ...environment };
  });
  const folder = tempFolders();

  const options = (): EbsOptions => ({
    ...minimal(server),
    ssh_interface: 'session_manager',
    session_manager_port: 8765,
    temporary_iam_instance_profile_policy_document: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['ssm:*'], Resource: ['*'] }],
    },
  });

  it('runs the plugin, connects to its local port, and ends plugin and session', async () => {
    const bin = folder();
    const seen = join(bin, 'seen');
    writeFileSync(
      join(bin, 'session-manager-plugin'),
      `#!/bin/sh\necho $$ > ${seen}.pid\nprintf '%s\\n' "$@" > ${seen}\nexec sleep 100\n`,
    );
    chmodSync(join(bin, 'session-manager-plugin'), 0o755);
    process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
    const { error } = await bake(options(), {
      provision: async machine => {
        assert.deepEqual(await machine.target(never).then(({ host, port }) => ({ host, port })), {
          host: 'localhost',
          port: 8765,
        });
        while (!existsSync(seen)) await delay(10);
      },
    });
    assert.equal(error, undefined);
    const [session, region, action, profile, request] = readFileSync(seen, 'utf8').split('\n');
    assert.deepEqual(JSON.parse(session ?? ''), { SessionId: 's-1', StreamUrl: 'wss://stream', TokenValue: 't' });
    assert.deepEqual([region, action, profile], ['us-east-1', 'StartSession', '']);
    assert.deepEqual(JSON.parse(request ?? '').Parameters, { portNumber: ['22'], localPortNumber: ['8765'] });
    assert.equal(callsOf(server, 'AuthorizeSecurityGroupIngress').length, 0);
    assert.deepEqual(requests, ['AmazonSSM.StartSession', 'AmazonSSM.TerminateSession']);
    assert.throws(() => process.kill(Number(readFileSync(`${seen}.pid`, 'utf8')), 0), { code: 'ESRCH' });
    assert.deepEqual(leaks(server), {});
  });

  /** A plugin of the test's: a shell script. */
  const plugin = (script: string): void => {
    const bin = folder();
    writeFileSync(join(bin, 'session-manager-plugin'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'session-manager-plugin'), 0o755);
    process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
  };

  it('says that the plugin is missing before anything is launched', async () => {
    process.env.PATH = folder();
    const { error } = await bake(options());
    assert.match(String(error), /"session-manager-plugin" is not installed/);
    assert.deepEqual(server.calls, []);
  });

  it('tells why the plugin fails, once, and tries again', async () => {
    const tries = join(folder(), 'tries');
    plugin(`echo x >> ${tries}\necho Cannot perform start session: EOF >&2\nexit 3`);
    const { run } = await bake(options(), {
      provision: async () => {
        while (!existsSync(tries) || readFileSync(tries, 'utf8').length < 4) await delay(10);
      },
    });
    assert.deepEqual(run.ui.errors, [
      'The session manager tunnel failed: session-manager-plugin ended with exit status 3: Cannot perform start session: EOF',
    ]);
  });

  it('gives two builds two ports, though nothing listens there yet', async () => {
    plugin('exec sleep 100');
    const ports: number[] = [];
    let both: () => void = () => {};
    const launched = new Promise<void>(resolve => {
      both = resolve;
    });
    const one = (ami_name: string) =>
      bake({ ...options(), session_manager_port: 0, ami_name } as EbsOptions, {
        provision: async machine => {
          ports.push((await machine.target(never)).port);
          if (ports.length === 2) both();
          await launched;
        },
      });
    for (const { error } of await Promise.all([one('image-a'), one('image-b')])) assert.equal(error, undefined);
    assert.equal(new Set(ports).size, 2, String(ports));
  });

  it('is not used on the embedded EC2, which has none: kiln connects directly', async () => {
    process.env.PATH = folder();
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      AWS_ENDPOINT_URL: server.endpoint,
    });
    let host: string | undefined;
    const { error } = await bake(options(), {
      build: { local: true },
      provision: async machine => {
        host = (await machine.target(never)).host;
      },
    });
    assert.equal(error, undefined);
    assert.match(host ?? '', /^\d+\.\d+\.\d+\.\d+$/);
    assert.deepEqual(requests, []);
  });
});

describe('many amazon-ebs bakes at once', () => {
  let server: LocalEc2;
  afterEach(() => server.close());
  const folder = tempFolders();

  it('share their Describe calls', async () => {
    server = await hollowEc2(folder(), { timing: { pending: 400, stopping: 400, image: 400, shuttingDown: 400 } });
    const alone = await bake({ ...minimal(server), ami_name: 'alone' });
    assert.equal(alone.error, undefined);
    const one = callsOf(server, 'DescribeInstances').length;
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => bake({ ...minimal(server), ami_name: `image ${n}` })),
    );
    for (const { error } of all) assert.equal(error, undefined);
    const ten = callsOf(server, 'DescribeInstances').length - one;
    assert.ok(ten < one * 5, `${ten} calls for ten, ${one} for one`);
    assert.equal(server.state().images.length, 11);
    assert.deepEqual(leaks(server), {});
  });
});
