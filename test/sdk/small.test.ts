import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { mapLimited, orAborted, sleep, withDeadline } from '../../src/sdk/async.ts';
import { durationInWords, formatDuration, parseDuration } from '../../src/sdk/duration.ts';
import { replaceFile } from '../../src/sdk/replace-file.ts';
import { positionAt } from '../../src/sdk/source.ts';
import { nearest } from '../../src/sdk/suggest.ts';

describe('durations', () => {
  it('refuses a million digits without a unit, and soon', () => {
    assert.equal(parseDuration('0'.repeat(1_000_000)), undefined);
    assert.equal(parseDuration(`${'1.'.repeat(100_000)}s`), undefined);
  });
  const cases: readonly [string, number | undefined][] = [
    ['300ms', 300],
    ['1.5h', 5_400_000],
    ['1h15m', 4_500_000],
    ['-2s', -2000],
    ['0', 0],
    ['', undefined],
    ['5', undefined],
    ['1x', undefined],
    ['1s ', undefined],
  ];
  for (const [text, value] of cases)
    it(`parses ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), value));
  it('says the two largest units', () => {
    assert.equal(durationInWords(62_000), '1 minute 2 seconds');
    assert.equal(durationInWords(3024), '3 seconds 24 milliseconds');
    assert.equal(durationInWords(0), '0 milliseconds');
  });
  it('prints as Go does', () => {
    assert.equal(formatDuration(90_000), '1m30s');
    assert.equal(formatDuration(7_200_000), '2h0m0s');
    assert.equal(formatDuration(250), '250ms');
  });
});

describe('nearest', () => {
  it('does not compare names of any length', () =>
    assert.equal(nearest('x'.repeat(1_000_000), [`${'x'.repeat(1_000_000)}y`]), undefined));
  it('finds a transposition', () =>
    assert.equal(nearest('ssh_usrename', ['ssh_username', 'ssh_port']), 'ssh_username'));
  it('takes - for _', () => assert.equal(nearest('ami-name', ['ami_name']), 'ami_name'));
  it('gives nothing for what is far off', () => assert.equal(nearest('zzz', ['ami_name']), undefined));
});

describe('positionAt', () => {
  const file = { path: 'x', text: 'ab\ncd\r\ne' };
  it('counts lines and columns from 1', () => {
    assert.deepEqual(positionAt(file, 0), { line: 1, column: 1 });
    assert.deepEqual(positionAt(file, 4), { line: 2, column: 2 });
    assert.deepEqual(positionAt(file, 7), { line: 3, column: 1 });
  });
});

describe('async helpers', () => {
  it('sleep rejects with the reason of its signal', async () => {
    const controller = new AbortController();
    const sleeping = sleep(60_000, controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(sleeping, /enough/);
  });
  it('withDeadline aborts its body with the reason given', async () => {
    await assert.rejects(
      withDeadline(
        5,
        undefined,
        () => new Error('late'),
        signal => sleep(60_000, signal),
      ),
      /late/,
    );
  });
  it('orAborted does not wait for a promise that never settles', async () => {
    const controller = new AbortController();
    const waiting = orAborted(new Promise(() => {}), controller.signal);
    controller.abort(new Error('stop'));
    await assert.rejects(waiting, /stop/);
  });
  it('mapLimited keeps order and never runs more than allowed', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([3, 1, 2], 2, async item => {
      most = Math.max(most, ++running);
      await sleep(item);
      running -= 1;
      if (item === 1) throw new Error('one');
      return item;
    });
    assert.equal(most, 2);
    assert.deepEqual(
      results.map(result => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });
});

describe('replaceFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-test-'));
  after(() => rmSync(folder, { recursive: true }));

  it('keeps the permissions and follows links', async () => {
    const real = join(folder, 'real');
    writeFileSync(real, 'old', { mode: 0o640 });
    symlinkSync('real', join(folder, 'link'));
    await replaceFile(join(folder, 'link'), file => file.writeFile('new'));
    assert.equal(readFileSync(real, 'utf8'), 'new');
    assert.equal(statSync(real).mode & 0o777, 0o640);
  });
  it('leaves the old content and nothing else when writing fails', async () => {
    const path = join(folder, 'keep');
    writeFileSync(path, 'old');
    await assert.rejects(
      replaceFile(path, async file => {
        await file.writeFile('half');
        throw new Error('no more');
      }),
      /no more/,
    );
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(
      readdirSync(folder).filter(name => name.endsWith('.tmp')),
      [],
    );
  });
});
