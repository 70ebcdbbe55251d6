import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { startLocalEc2 } from '../../src/local-ec2/index.ts';
import { gcBench } from './gc-bench.ts';

describe('kiln gc, with ledgers in any condition', function () {
  this.timeout(60_000);
  const bench = gcBench();

  it('reads ledgers whose last line is torn, and goes on writing them', async () => {
    await bench().killedAt('plain', 'RunInstances');
    const [name = ''] = readdirSync(bench().runs);
    appendFileSync(join(bench().runs, name), '{"event":"created","at":"2026-01-01T00:0');
    assert.equal((await bench().gc(['-yes'])).code, 0);
    assert.deepEqual(bench().left(), []);
    assert.match((await bench().gc(['-yes'])).stdout, /^Nothing is left/);
  });

  it('tells of a damaged ledger, and goes on with the others', async () => {
    await bench().killedAt('plain', 'RunInstances');
    writeFileSync(join(bench().runs, '20200101-000000-aaaaaa.ndjson'), 'garbage\n');
    const result = await bench().gc(['-yes']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /ledger ".*aaaaaa.ndjson" is damaged at line 1/);
    assert.match(result.stderr, /-by-tag/);
    assert.deepEqual(bench().left(), []);
  });

  it('leaves alone what a newer kiln has recorded, says so, and goes on with the others', async () => {
    await bench().killedAt('plain', 'CreateSecurityGroup');
    const [name = ''] = readdirSync(bench().runs);
    const path = join(bench().runs, name);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"v":1,', '"v":2,'));
    const newer = bench().left();
    assert.ok(newer.length > 0);
    await bench().killedAt('plain', 'CreateSecurityGroup');
    const result = await bench().gc(['-yes']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /written by a newer kiln \(format 2\)[\s\S]*use that version, or a newer one/);
    assert.deepEqual(bench().left(), newer);
    writeFileSync(path, text);
    assert.equal((await bench().gc(['-yes'])).code, 0);
    assert.deepEqual(bench().left(), []);
  });

  it('ignores files that are no ledgers, and ledgers that never got their first line', async () => {
    await bench().killedAt('plain', 'CreateSecurityGroup');
    writeFileSync(join(bench().runs, '20200101-000000-aaaaaa.ndjson'), '');
    writeFileSync(join(bench().runs, '20200101-000000-bbbbbb.ndjson'), '{"event":"run","v":1,"at":"2020-');
    writeFileSync(join(bench().runs, 'notes.txt'), 'not ours');
    const result = await bench().gc(['-yes']);
    assert.deepEqual([result.code, result.stderr], [0, '']);
    assert.deepEqual(bench().left(), []);
  });

  it('removes what it can when something cannot be removed, and tries that again the next time', async () => {
    await bench().killedAt('plain', 'RunInstances');
    await bench().server.close();
    const denied = { kind: 'error', actions: ['TerminateInstances'], code: 'UnauthorizedOperation' } as const;
    const again = { storeDir: join(bench().scratch.dir, 'ec2'), machines: 'none' } as const;
    bench().server = await startLocalEc2({ ...again, faults: { faults: [denied] } });
    const now = { ...bench().env, AWS_ENDPOINT_URL: bench().server.endpoint };
    const ledger = join(bench().runs, readdirSync(bench().runs)[0] ?? '');
    const old = bench().env['AWS_ENDPOINT_URL'] ?? '';
    writeFileSync(ledger, readFileSync(ledger, 'utf8').replaceAll(old, bench().server.endpoint));
    const result = await bench().gc(['-yes'], now);
    assert.equal(result.code, 1);
    assert.match(
      result.stderr,
      /^Could not remove instance .*: .*UnauthorizedOperation.*\nCould not remove security group .*: the instance that uses it is still there\n/m,
    );
    assert.match((await bench().gc(['-json'], now)).stdout, /"why":"could not be removed: .*Unauthorized/);
    await bench().server.close();
    bench().server = await startLocalEc2(again);
    assert.equal(bench().left().length, 3);
    writeFileSync(ledger, readFileSync(ledger, 'utf8').replaceAll(now.AWS_ENDPOINT_URL, bench().server.endpoint));
    const last = { ...bench().env, AWS_ENDPOINT_URL: bench().server.endpoint };
    assert.equal((await bench().gc(['-yes'], last)).code, 0);
    assert.deepEqual(bench().left(), []);
  });

  it('works where the ledgers cannot be written', async function () {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return this.skip();
    await bench().killedAt('plain', 'RunInstances');
    spawnSync('mount', ['--bind', bench().runs, bench().runs]);
    try {
      const mounted = spawnSync('mount', ['-o', 'remount,bind,ro', bench().runs], { encoding: 'utf8' });
      assert.equal(mounted.status, 0, mounted.stderr);
      for (const time of ['first', 'second']) {
        const result = await bench().gc(['-yes']);
        assert.equal(result.code, 0, `${time}: ${result.stderr}`);
        assert.deepEqual([bench().left(), bench().lost()], [[], []]);
      }
    } finally {
      spawnSync('umount', ['-l', bench().runs]);
    }
    // What could not be recorded is found to be gone.
    assert.equal((await bench().gc(['-yes'])).code, 0);
    assert.match((await bench().gc([])).stdout, /^Nothing is left/);
  });
});
