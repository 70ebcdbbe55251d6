import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { describe, it } from 'mocha';
import { gcBench } from './gc-bench.ts';
import { TEMPLATES } from './templates.ts';

describe('kiln gc by tags', function () {
  this.timeout(60_000);
  const bench = gcBench();

  it('needs a region', async () => {
    const result = await bench().elsewhere([]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /-region/);
    for (const flag of ['-region=us-east-1', '-older-than=1h']) {
      const wrong = await bench().gc([flag]);
      assert.match(wrong.stderr, /goes with -by-tag/);
    }
  });

  it('leaves alone what has not expired, and what carries no tags of kiln', async () => {
    await bench().killedAt('rich', 'CopyImage');
    const result = await bench().elsewhere(['-yes', '-region', 'us-east-1,eu-west-1', '-region=us-west-2']);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /^Nothing is left/);
    assert.deepEqual(bench().lost(), []);
    assert.ok(bench().left().length > 5);
  });

  it('removes what expired, of every kind and in every region, and nothing else', async () => {
    await bench().killedAt('rich', 'CopyImage', 2, { max_build_time: '1s' });
    await new Promise(resolve => setTimeout(resolve, 1500));
    const regions = ['-region', 'us-east-1,eu-west-1,us-west-2'];
    const listed = await bench().elsewhere(['-json', ...regions]);
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
    const removed = await bench().elsewhere(['-yes', ...regions]);
    assert.equal(removed.code, 0, removed.stderr);
    assert.deepEqual([bench().left(), bench().lost()], [[], []]);
    assert.match((await bench().elsewhere(['-yes', ...regions])).stdout, /^Nothing is left/);
  });

  it('removes launch templates and instances of spot builds', async () => {
    await bench().killedAt('spot', 'CreateFleet', 1, { max_build_time: '1s' });
    await new Promise(resolve => setTimeout(resolve, 1500));
    assert.equal((await bench().elsewhere(['-yes', '-region', 'us-east-1'])).code, 0);
    assert.deepEqual([bench().left(), bench().lost()], [[], []]);
  });

  it('with -older-than also takes what runs left that began so long ago', async () => {
    await bench().killedAt('plain', 'RunInstances');
    // That the other run began in 2020 only its id tells: it is still at work, but the user says what counts.
    const old = await bench().elsewhere(['-yes', '-region', 'us-east-1', '-older-than', '1h']);
    assert.match(old.stdout, /its run began at 2020-01-01T00:00:00.000Z/);
    assert.equal(bench().left().length, 3);
    const result = await bench().elsewhere(['-yes', '-region', 'us-east-1', '-older-than', '0s']);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(bench().left(), []);
    assert.deepEqual(
      bench()
        .lost()
        .map(line => line.split(' ')[0]),
      ['instances', 'volumes'],
    );
  });

  it('knows of the runs of this machine without waiting for their expiry', async () => {
    await bench().killedAt('plain', 'RunInstances');
    const result = await bench().gc(['-by-tag', '-yes', '-region', 'us-east-1']);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual([bench().left(), bench().lost()], [[], []]);
  });

  it('never takes a finished image', async () => {
    bench().scratch.write('template.json', TEMPLATES['rich'] ?? {});
    assert.equal((await bench().scratch.run(['build', 'template.json'], bench().env)).code, 0);
    rmSync(bench().runs, { recursive: true });
    mkdirSync(bench().runs, { recursive: true });
    const made = bench().left();
    const result = await bench().elsewhere(['-yes', '-older-than', '0s', '-region', 'us-east-1,eu-west-1,us-west-2']);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(bench().left(), made);
  });
});
