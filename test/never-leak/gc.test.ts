import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import type { LedgerRecord } from '../../src/engine/ledger.ts';
import { thisProcess } from '../../src/sdk/process-identity.ts';
import { finish } from '../helpers/kiln.ts';
import { gcBench } from './gc-bench.ts';
import { TEMPLATES } from './templates.ts';

describe('kiln gc by the ledger', function () {
  this.timeout(60_000);
  const bench = gcBench();

  it('lists what was left with age, region and reason, asks, and removes nothing without an answer', async () => {
    await bench().killedAt('plain', 'RunInstances');
    const listed = await bench().gc([]);
    assert.equal(listed.code, 0);
    assert.match(listed.stdout, /^KIND +ID +REGION +AGE +RUN +WHY\n/);
    assert.match(listed.stdout, /instance +\S+ +us-east-1 +\d+ seconds? +\S+ +the run died while creating it/);
    assert.match(listed.stdout, /security-group +sg-\w+ .* the run died\n/);
    assert.match(listed.stdout, /Nothing was removed/);
    assert.equal(bench().left().length, 3);
  });

  it('removes it with -yes, and has nothing to do the second time', async () => {
    await bench().killedAt('plain', 'RunInstances');
    const removed = await bench().gc(['-yes']);
    assert.equal(removed.code, 0, removed.stderr);
    assert.deepEqual(bench().left(), []);
    assert.deepEqual(bench().lost(), []);
    assert.match((await bench().gc(['-yes'])).stdout, /^Nothing is left/);
  });

  it('speaks JSON', async () => {
    await bench().killedAt('plain', 'RunInstances');
    const { stdout } = await bench().gc(['-yes', '-json']);
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
    await bench().killedAt('plain', 'RunInstances');
    const [name = ''] = readdirSync(bench().runs);
    const path = join(bench().runs, name);
    const [head = '', ...rest] = readFileSync(path, 'utf8').split('\n');
    const alive = { ...(JSON.parse(head) as LedgerRecord), process: thisProcess() };
    writeFileSync(path, [JSON.stringify(alive), ...rest].join('\n'));
    assert.match((await bench().gc(['-yes'])).stdout, /^Nothing is left/);
    const other = { ...alive, process: { ...thisProcess(), host: 'another-host' } };
    writeFileSync(path, [JSON.stringify(other), ...rest].join('\n'));
    assert.match((await bench().gc(['-yes'])).stdout, /^Nothing is left/);
    assert.equal(bench().left().length, 3);
    // Nobody can ask another host; but no run lives for ever.
    const old = { ...other, expires: '2020-01-01T00:00:00.000Z' };
    writeFileSync(path, [JSON.stringify(old), ...rest].join('\n'));
    assert.equal((await bench().gc(['-yes'])).code, 0);
    assert.deepEqual(bench().left(), []);
  });

  it('does not take a key pair for its own because the template chose its name', async () => {
    const [builder] = (TEMPLATES['plain'] as { builders: object[] }).builders;
    const named = { ...builder, temporary_key_pair_name: 'packer_of-somebody-else' };
    bench().scratch.write('template.json', { ...TEMPLATES['plain'], builders: [named] });
    const child = bench().scratch.start(['build', 'template.json'], bench().env);
    bench().watch = (moment, action) => {
      if (moment !== 'received' || action !== 'CreateKeyPair') return undefined;
      child.kill('SIGKILL');
      return 'drop';
    };
    await finish(child);
    bench().watch = () => undefined;
    assert.equal((await bench().gc(['-yes'])).code, 0);
    assert.deepEqual([bench().left(), bench().lost()], [[], []]);
  });

  it('spares an image that was finished although the ledger does not say so', async () => {
    bench().scratch.write('template.json', TEMPLATES['rich'] ?? {});
    assert.equal((await bench().scratch.run(['build', 'template.json'], bench().env)).code, 0);
    const images = bench()
      .left()
      .filter(line => line.startsWith('images'));
    assert.equal(images.length, 3);
    const [name = ''] = readdirSync(bench().runs);
    const path = join(bench().runs, name);
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, lines.filter(line => !/"event":"(kept|end)"/.test(line)).join('\n'));
    const collected = await bench().gc(['-yes']);
    assert.equal(collected.code, 0, collected.stderr);
    assert.deepEqual(
      bench()
        .left()
        .filter(line => line.startsWith('images')),
      images,
    );
    assert.match((await bench().gc([])).stdout, /^Nothing is left/);
  });

  it('removes nothing that it cannot look up', async () => {
    await bench().killedAt('plain', 'CreateImage');
    const wrong = { ...bench().env, AWS_SECRET_ACCESS_KEY: 'wrong' };
    const result = await bench().gc(['-yes'], wrong);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /could not be found out/);
    assert.equal((await bench().gc(['-yes'])).code, 0);
    assert.deepEqual([bench().left(), bench().lost()], [[], []]);
  });
});
