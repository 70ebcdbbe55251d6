import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { LedgerRecord } from '../../src/engine/ledger.ts';
import { type CallWatch, type LocalEc2, startLocalEc2 } from '../../src/local-ec2/index.ts';
import { thisProcess } from '../../src/sdk/process-identity.ts';
import { finish, type Result, Scratch } from '../helpers/kiln.ts';
import { TEMPLATES } from './templates.ts';
import { foreignResources, inventory } from './world.ts';

describe('kiln gc', function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let server: LocalEc2;
  let watch: CallWatch;
  let env: NodeJS.ProcessEnv;
  let before: Set<string>;

  beforeEach(async () => {
    scratch = new Scratch();
    watch = () => undefined;
    server = await startLocalEc2({
      storeDir: join(scratch.dir, 'ec2'),
      machines: 'none',
      region: ['us-east-1', 'eu-west-1', 'us-west-2'],
      onCall: (...call) => watch(...call),
    });
    await foreignResources(server);
    env = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    };
    before = inventory(server);
  });
  afterEach(async () => {
    await server.close();
    scratch.remove();
  });

  const runs = (): string => join(scratch.dir, 'state', 'kiln', 'runs');
  const left = (): string[] => [...inventory(server)].filter(line => !before.has(line));
  const lost = (): string[] => [...before].filter(line => !inventory(server).has(line));

  /** Bakes, and is killed when an action has been carried out for the nth time. */
  async function killedAt(template: string, action: string, nth = 1, extra: object = {}): Promise<void> {
    const document = TEMPLATES[template] as { builders: object[] };
    scratch.write('template.json', { ...document, builders: [{ ...document.builders[0], ...extra }] });
    const child = scratch.start(['build', 'template.json'], env);
    let seen = 0;
    watch = (moment, name) => {
      if (moment !== 'done' || name !== action || ++seen !== nth) return undefined;
      child.kill('SIGKILL');
      return 'drop';
    };
    const result: Result = await finish(child);
    watch = () => undefined;
    assert.equal(result.signal, 'SIGKILL', result.stdout + result.stderr);
  }

  /** As another machine, or this one after its state folder was lost. */
  const elsewhere = (args: readonly string[]): Promise<Result> =>
    scratch.run(['gc', '-by-tag', ...args], { ...env, XDG_STATE_HOME: join(scratch.dir, 'other-state') });

  describe('by the ledger', () => {
    it('lists what was left with age, region and reason, asks, and removes nothing without an answer', async () => {
      await killedAt('plain', 'RunInstances');
      const listed = await scratch.run(['gc'], env);
      assert.equal(listed.code, 0);
      assert.match(listed.stdout, /^KIND +ID +REGION +AGE +RUN +WHY\n/);
      assert.match(listed.stdout, /instance +\S+ +us-east-1 +\d+ seconds? +\S+ +the run died while creating it/);
      assert.match(listed.stdout, /security-group +sg-\w+ .* the run died\n/);
      assert.match(listed.stdout, /Nothing was removed/);
      assert.equal(left().length, 3);
    });

    it('removes it with -yes, and has nothing to do the second time', async () => {
      await killedAt('plain', 'RunInstances');
      const removed = await scratch.run(['gc', '-yes'], env);
      assert.equal(removed.code, 0, removed.stderr);
      assert.deepEqual(left(), []);
      assert.deepEqual(lost(), []);
      assert.match((await scratch.run(['gc', '-yes'], env)).stdout, /^Nothing is left/);
    });

    it('speaks JSON', async () => {
      await killedAt('plain', 'RunInstances');
      const { stdout } = await scratch.run(['gc', '-yes', '-json'], env);
      const lines = stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(
        lines.map(line => [line['type'], line['kind']]),
        [
          ['leftover', 'ec2:instance'],
          ['leftover', 'ec2:security-group'],
          ['removed', 'ec2:instance'],
          ['removed', 'ec2:security-group'],
        ],
      );
      const [first] = lines;
      for (const key of ['run', 'template', 'build', 'region', 'since', 'why']) assert.ok(first?.[key], key);
    });

    it('never touches a run that is alive', async () => {
      await killedAt('plain', 'RunInstances');
      const [name = ''] = readdirSync(runs());
      const path = join(runs(), name);
      const [head = '', ...rest] = readFileSync(path, 'utf8').split('\n');
      const alive = { ...(JSON.parse(head) as LedgerRecord), process: thisProcess() };
      writeFileSync(path, [JSON.stringify(alive), ...rest].join('\n'));
      assert.match((await scratch.run(['gc', '-yes'], env)).stdout, /^Nothing is left/);
      const other = { ...alive, process: { ...thisProcess(), host: 'another-host' } };
      writeFileSync(path, [JSON.stringify(other), ...rest].join('\n'));
      assert.match((await scratch.run(['gc', '-yes'], env)).stdout, /^Nothing is left/);
      assert.equal(left().length, 3);
      // Nobody can ask another host; but no run lives for ever.
      const old = { ...other, expires: '2020-01-01T00:00:00.000Z' };
      writeFileSync(path, [JSON.stringify(old), ...rest].join('\n'));
      assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
      assert.deepEqual(left(), []);
    });

    it('reads ledgers whose last line is torn, and goes on writing them', async () => {
      await killedAt('plain', 'RunInstances');
      const [name = ''] = readdirSync(runs());
      appendFileSync(join(runs(), name), '{"event":"created","at":"2026-01-01T00:0');
      assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
      assert.deepEqual(left(), []);
      assert.match((await scratch.run(['gc', '-yes'], env)).stdout, /^Nothing is left/);
    });

    it('tells of a damaged ledger, and goes on with the others', async () => {
      await killedAt('plain', 'RunInstances');
      writeFileSync(join(runs(), '20200101-000000-aaaaaa.ndjson'), 'garbage\n');
      const result = await scratch.run(['gc', '-yes'], env);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /ledger ".*aaaaaa.ndjson" is damaged at line 1/);
      assert.match(result.stderr, /-by-tag/);
      assert.deepEqual(left(), []);
    });

    it('leaves alone what a newer kiln has recorded, says so, and goes on with the others', async () => {
      await killedAt('plain', 'CreateSecurityGroup');
      const [name = ''] = readdirSync(runs());
      const path = join(runs(), name);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.replace('"v":1,', '"v":2,'));
      const newer = left();
      assert.ok(newer.length > 0);
      await killedAt('plain', 'CreateSecurityGroup');
      const result = await scratch.run(['gc', '-yes'], env);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /written by a newer kiln \(format 2\)[^]*use that version, or a newer one/);
      assert.deepEqual(left(), newer);
      writeFileSync(path, text);
      assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
      assert.deepEqual(left(), []);
    });

    it('ignores files that are no ledgers, and ledgers that never got their first line', async () => {
      await killedAt('plain', 'CreateSecurityGroup');
      writeFileSync(join(runs(), '20200101-000000-aaaaaa.ndjson'), '');
      writeFileSync(join(runs(), '20200101-000000-bbbbbb.ndjson'), '{"event":"run","v":1,"at":"2020-');
      writeFileSync(join(runs(), 'notes.txt'), 'not ours');
      const result = await scratch.run(['gc', '-yes'], env);
      assert.deepEqual([result.code, result.stderr], [0, '']);
      assert.deepEqual(left(), []);
    });

    it('removes what it can when something cannot be removed, and tries that again the next time', async () => {
      await killedAt('plain', 'RunInstances');
      await server.close();
      const denied = { kind: 'error', actions: ['DeleteSecurityGroup'], code: 'UnauthorizedOperation' } as const;
      const again = { storeDir: join(scratch.dir, 'ec2'), machines: 'none' } as const;
      server = await startLocalEc2({ ...again, faults: { faults: [denied] } });
      const now = { ...env, AWS_ENDPOINT_URL: server.endpoint };
      const ledger = join(runs(), readdirSync(runs())[0] ?? '');
      const old = env['AWS_ENDPOINT_URL'] ?? '';
      writeFileSync(ledger, readFileSync(ledger, 'utf8').replaceAll(old, server.endpoint));
      const result = await scratch.run(['gc', '-yes'], now);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /^Could not remove security group .*: .*UnauthorizedOperation/m);
      assert.match((await scratch.run(['gc', '-json'], now)).stdout, /"why":"could not be removed: .*Unauthorized/);
      await server.close();
      server = await startLocalEc2(again);
      assert.deepEqual(left().length, 1);
      writeFileSync(ledger, readFileSync(ledger, 'utf8').replaceAll(now.AWS_ENDPOINT_URL, server.endpoint));
      const last = { ...env, AWS_ENDPOINT_URL: server.endpoint };
      assert.equal((await scratch.run(['gc', '-yes'], last)).code, 0);
      assert.deepEqual(left(), []);
    });

    it('works where the ledgers cannot be written', async function () {
      if (process.platform !== 'linux' || process.getuid?.() !== 0) return this.skip();
      await killedAt('plain', 'RunInstances');
      spawnSync('mount', ['--bind', runs(), runs()]);
      try {
        const mounted = spawnSync('mount', ['-o', 'remount,bind,ro', runs()], { encoding: 'utf8' });
        assert.equal(mounted.status, 0, mounted.stderr);
        for (const time of ['first', 'second']) {
          const result = await scratch.run(['gc', '-yes'], env);
          assert.equal(result.code, 0, `${time}: ${result.stderr}`);
          assert.deepEqual([left(), lost()], [[], []]);
        }
      } finally {
        spawnSync('umount', ['-l', runs()]);
      }
      // What could not be recorded is found to be gone.
      assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
      assert.match((await scratch.run(['gc'], env)).stdout, /^Nothing is left/);
    });

    it('does not take a key pair for its own because the template chose its name', async () => {
      const [builder] = (TEMPLATES['plain'] as { builders: object[] }).builders;
      const named = { ...builder, temporary_key_pair_name: 'packer_of-somebody-else' };
      scratch.write('template.json', { ...TEMPLATES['plain'], builders: [named] });
      const child = scratch.start(['build', 'template.json'], env);
      watch = (moment, action) => {
        if (moment !== 'received' || action !== 'CreateKeyPair') return undefined;
        child.kill('SIGKILL');
        return 'drop';
      };
      await finish(child);
      watch = () => undefined;
      assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
      assert.deepEqual([left(), lost()], [[], []]);
    });

    it('spares an image that was finished although the ledger does not say so', async () => {
      scratch.write('template.json', TEMPLATES['rich'] ?? {});
      assert.equal((await scratch.run(['build', 'template.json'], env)).code, 0);
      const images = left().filter(line => line.startsWith('images'));
      assert.equal(images.length, 3);
      const [name = ''] = readdirSync(runs());
      const path = join(runs(), name);
      const lines = readFileSync(path, 'utf8').split('\n');
      writeFileSync(path, lines.filter(line => !/"event":"(kept|end)"/.test(line)).join('\n'));
      const collected = await scratch.run(['gc', '-yes'], env);
      assert.equal(collected.code, 0, collected.stderr);
      assert.deepEqual(
        left().filter(line => line.startsWith('images')),
        images,
      );
      assert.match((await scratch.run(['gc'], env)).stdout, /^Nothing is left/);
    });

    it('removes nothing that it cannot look up', async () => {
      await killedAt('plain', 'CreateImage');
      const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' };
      const result = await scratch.run(['gc', '-yes'], wrong);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /could not be found out/);
      assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
      assert.deepEqual([left(), lost()], [[], []]);
    });
  });

  describe('by tags', () => {
    it('needs a region', async () => {
      const result = await elsewhere([]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /-region/);
      for (const flag of ['-region=us-east-1', '-older-than=1h']) {
        const wrong = await scratch.run(['gc', flag], env);
        assert.match(wrong.stderr, /goes with -by-tag/);
      }
    });

    it('leaves alone what has not expired, and what carries no tags of kiln', async () => {
      await killedAt('rich', 'CopyImage');
      const result = await elsewhere(['-yes', '-region', 'us-east-1,eu-west-1', '-region=us-west-2']);
      assert.equal(result.code, 0, result.stderr);
      assert.match(result.stdout, /^Nothing is left/);
      assert.deepEqual(lost(), []);
      assert.ok(left().length > 5);
    });

    it('removes what expired, of every kind and in every region, and nothing else', async () => {
      await killedAt('rich', 'CopyImage', 2, { max_build_time: '1s' });
      await new Promise(resolve => setTimeout(resolve, 1500));
      const regions = ['-region', 'us-east-1,eu-west-1,us-west-2'];
      const listed = await elsewhere(['-json', ...regions]);
      const kinds = listed.stdout.split('\n').flatMap(line => /"kind":"([^"]+)"/.exec(line)?.[1] ?? []);
      assert.deepEqual(
        [...new Set(kinds)].sort(),
        [
          'ec2:image',
          'ec2:instance',
          'ec2:key-pair',
          'ec2:security-group',
          'ec2:snapshot',
          'ec2:volume',
          'iam:instance-profile',
          'iam:role',
          'iam:role-in-profile',
          'iam:role-policy',
        ].filter(kind => kinds.includes(kind)),
      );
      for (const kind of ['ec2:image', 'ec2:key-pair', 'ec2:security-group', 'iam:role', 'iam:instance-profile'])
        assert.ok(kinds.includes(kind), kind);
      const removed = await elsewhere(['-yes', ...regions]);
      assert.equal(removed.code, 0, removed.stderr);
      assert.deepEqual([left(), lost()], [[], []]);
      assert.match((await elsewhere(['-yes', ...regions])).stdout, /^Nothing is left/);
    });

    it('removes launch templates and instances of spot builds', async () => {
      await killedAt('spot', 'CreateFleet', 1, { max_build_time: '1s' });
      await new Promise(resolve => setTimeout(resolve, 1500));
      assert.equal((await elsewhere(['-yes', '-region', 'us-east-1'])).code, 0);
      assert.deepEqual([left(), lost()], [[], []]);
    });

    it('with -older-than also takes what runs left that began so long ago', async () => {
      await killedAt('plain', 'RunInstances');
      // That the other run began in 2020 only its id tells: it is still at work, but the user says what counts.
      const old = await elsewhere(['-yes', '-region', 'us-east-1', '-older-than', '1h']);
      assert.match(old.stdout, /its run began at 2020-01-01T00:00:00.000Z/);
      assert.equal(left().length, 3);
      const result = await elsewhere(['-yes', '-region', 'us-east-1', '-older-than', '0s']);
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(left(), []);
      assert.deepEqual(
        lost().map(line => line.split(' ')[0]),
        ['instances', 'volumes'],
      );
    });

    it('knows of the runs of this machine without waiting for their expiry', async () => {
      await killedAt('plain', 'RunInstances');
      const result = await scratch.run(['gc', '-by-tag', '-yes', '-region', 'us-east-1'], env);
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual([left(), lost()], [[], []]);
    });

    it('never takes a finished image', async () => {
      scratch.write('template.json', TEMPLATES['rich'] ?? {});
      assert.equal((await scratch.run(['build', 'template.json'], env)).code, 0);
      rmSync(runs(), { recursive: true });
      mkdirSync(runs(), { recursive: true });
      const made = left();
      const result = await elsewhere(['-yes', '-older-than', '0s', '-region', 'us-east-1,eu-west-1,us-west-2']);
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(left(), made);
    });
  });
});
