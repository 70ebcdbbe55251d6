import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { buildResources } from '../../src/engine/build-resources.ts';
import { Ledger, type RunHeader } from '../../src/engine/ledger.ts';
import { leftovers, readRun } from '../../src/engine/runs.ts';
import { UndoStack } from '../../src/engine/undo-stack.ts';
import type { LocalEc2 } from '../../src/local-ec2/index.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import { hollowEc2 } from '../helpers/ebs-bake.ts';
import { Scratch } from '../helpers/kiln.ts';
import { TEMPLATES } from './templates.ts';
import { inventory } from './world.ts';

const isRoot = process.getuid?.() === 0;
const skip = process.platform !== 'linux' || !isRoot ? ' (skipped: needs root to mount a small file system)' : '';
const header: RunHeader = {
  runId: '20260101-000000-abcdef',
  template: 't.json',
  cwd: '/',
  local: false,
  expires: '2099-01-01T00:00:00.000Z',
};
const account = { region: 'us-east-1' };

describe(`a ledger on a full disk${skip}`, function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let disk: string;

  before(function () {
    if (skip) this.skip();
  });
  beforeEach(() => {
    scratch = new Scratch();
    disk = join(scratch.dir, 'state');
    mkdirSync(disk, { recursive: true });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', disk], { encoding: 'utf8' });
    assert.equal(mounted.status, 0, mounted.stderr);
  });
  afterEach(() => {
    if (skip) return;
    spawnSync('umount', ['-l', disk]);
    scratch.remove();
  });

  /** Fills the disk but for some bytes of the page the ledger is in; tmpfs gives whole pages of 4096. */
  const fill = (): void => {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize));
  };

  it('is whole lines up to the last one, wherever the disk ends', () => {
    const folder = join(disk, 'runs');
    const ledger = new Ledger(folder, header);
    ledger.intent('b', { kind: 'ec2:instance', account, token: 'first' });
    fill();
    let written = 1;
    let refused: unknown;
    for (let round = 0; round < 100 && refused === undefined; round++) {
      try {
        ledger.intent('b', { kind: 'ec2:instance', account, token: `token ${round}` });
        written += 1;
      } catch (error) {
        refused = error;
      }
    }
    assert.ok(refused instanceof KilnError);
    assert.equal(refused.code, 'ledger-unwritable');
    assert.match(refused.message, /nothing more is created: the disk is full/);
    const text = readFileSync(ledger.path, 'utf8');
    assert.ok(text.endsWith('}\n'));
    assert.equal(leftovers(readRun(ledger.path)!).length, written);
    // Room again: what follows is not swallowed by what was cut off.
    unlinkSync(join(disk, 'filler'));
    ledger.intent('b', { kind: 'ec2:volume', account, name: 'after' });
    ledger.end('failed');
    const left = leftovers(readRun(ledger.path)!);
    assert.deepEqual([left.length, left.at(-1)?.ref.name], [written + 1, 'after']);
  });

  it('leaves no file without its first line', () => {
    const folder = join(disk, 'runs');
    mkdirSync(folder);
    fill();
    const ledger = new Ledger(folder, header);
    assert.throws(() => ledger.intent('b', { kind: 'ec2:instance', account }), KilnError);
    assert.deepEqual(readdirSync(folder), []);
    unlinkSync(join(disk, 'filler'));
    ledger.intent('b', { kind: 'ec2:instance', account });
    assert.equal(leftovers(readRun(ledger.path)!).length, 1);
  });

  it('never fails what is undone or kept', async () => {
    const ledger = new Ledger(join(disk, 'runs'), header);
    const undo = new UndoStack(() => assert.fail('not undone'));
    const resources = buildResources({ runId: header.runId, build: 'b', tags: () => ({}), ledger, undo });
    const make = () =>
      resources.acquire(
        { kind: 'ec2:image', account },
        async () => ({ id: 'x', value: 1 }),
        async () => {},
      );
    const [one, two] = [await make(), await make()];
    fill();
    for (let round = 0; round < 60; round++) ledger.note('b', 'x'.repeat(100));
    await one.keep();
    await two.release();
    ledger.end('succeeded');
  });

  describe('of a bake', () => {
    let server: LocalEc2;
    beforeEach(async () => {
      server = await hollowEc2(join(scratch.dir, 'ec2'));
    });
    afterEach(() => server.close());

    it('stops it before it creates what cannot be recorded, whichever write finds the disk full', async () => {
      const env = {
        AWS_ENDPOINT_URL: server.endpoint,
        AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      };
      const before = inventory(server);
      const folder = join(disk, 'kiln', 'runs');
      mkdirSync(folder, { recursive: true });
      let failures = 0;
      // The file system gives whole pages. A longer path of the template moves the end of a page through all the writes.
      const step = process.env['KILN_KILL_ALL'] ? 150 : 1400;
      for (let shift = 0; shift <= 4096; shift += step) {
        const deep = `${'x'.repeat(99)}/`.repeat(shift / 100);
        scratch.write(`${deep}template.json`, TEMPLATES['rich'] ?? {});
        for (const pages of [1, 2]) {
          limit(disk, pages);
          const result = await scratch.run(['build', '-var', `id=${shift}-${pages}`, `${deep}template.json`], env);
          unlinkSync(join(disk, 'filler'));
          if (result.code !== 0) {
            failures += 1;
            assert.match(result.stderr, /ledger could not be written, so nothing more is created: the disk is full/);
            assert.doesNotMatch(result.stderr, /\n\s+at /);
            const gc = await scratch.run(['gc', '-yes'], env);
            assert.equal(gc.code, 0, gc.stderr);
            const left = [...inventory(server)].filter(line => !before.has(line) && !finished(server, line));
            assert.deepEqual(left, []);
          }
          for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
        }
      }
      assert.ok(failures >= 3, `only ${failures} bakes met the full disk`);
    }).timeout(300_000);
  });
});

/** Leaves some pages free. */
function limit(disk: string, pages: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const path = join(disk, 'filler');
  writeFileSync(path, Buffer.alloc(bavail * bsize));
  truncateSync(path, Math.max(0, (bavail - pages) * bsize));
}

function finished(server: LocalEc2, line: string): boolean {
  const id = line.split(' ')[2];
  const { images, snapshots } = server.state();
  return [...images, ...snapshots].some(one => one.id === id && one.tags['kiln:expires'] === 'never');
}

describe('a ledger that cannot be written', function () {
  this.timeout(30_000);
  const scratch = new Scratch();
  after(() => scratch.remove());

  it('stops the build before anything is created, and says what to do', async () => {
    const server = await hollowEc2(join(scratch.dir, 'ec2'));
    try {
      const blocked = join(scratch.dir, 'blocked');
      if (isRoot) writeFileSync(blocked, '');
      else {
        mkdirSync(blocked);
        chmodSync(blocked, 0o500);
      }
      scratch.write('template.json', TEMPLATES['plain'] ?? {});
      const before = inventory(server);
      const result = await scratch.run(['build', 'template.json'], {
        XDG_STATE_HOME: blocked,
        AWS_ENDPOINT_URL: server.endpoint,
        AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      });
      assert.equal(result.code, 1);
      assert.match(result.stderr, /ledger could not be written/);
      assert.match(result.stderr, /XDG_STATE_HOME/);
      assert.deepEqual([...inventory(server)], [...before]);
      assert.ok(!server.calls.some(call => /^(Create|Run)/.test(call.action)));
    } finally {
      await server.close();
    }
  });
});
