import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { isConnectionFailure } from '../../src/sdk/scripts/connection-failure.ts';
import { SmallDisk, WHY_NO_SMALL_DISK } from '../helpers/small-disk.ts';
import { type Bench, never, startBench, until } from './helpers.ts';

const options = { signal: never };

function tree(folder: string, prefix = ''): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap(entry =>
      entry.isDirectory()
        ? [`${prefix}${entry.name}/`, ...tree(join(folder, entry.name), `${prefix}${entry.name}/`)]
        : [`${prefix}${entry.name}`],
    )
    .sort();
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

for (const sftp of ['yes', 'no'] as const) {
  describe(`communicator ssh: transfers by ${sftp === 'yes' ? 'SFTP' : 'scp, as the server has no SFTP'}`, () => {
    let bench: Bench;
    let here: string;
    let there: string;
    beforeEach(async function () {
      if (sftp === 'no' && !['/usr/bin/scp', '/bin/scp'].some(existsSync)) this.skip();
      bench = await startBench({ mischief: { sftp } });
      here = mkdtempSync(join(tmpdir(), 'kiln-here-'));
      there = bench.server.root;
    });
    afterEach(async () => {
      await bench.close();
      rmSync(here, { recursive: true, force: true });
    });

    it('uploads and downloads 50 MB unharmed, telling how far it is', async () => {
      const communicator = await bench.connect();
      const source = join(here, 'big');
      writeFileSync(source, randomBytes(50_000_000));
      const seen: number[] = [];
      const progress = (done: number, total: number | undefined): void => {
        assert.equal(total, 50_000_000);
        seen.push(done);
      };
      await communicator.upload({ path: source }, 'copy', { signal: never, progress });
      assert.equal(sha256(join(there, 'copy')), sha256(source));
      assert.equal(seen.at(-1), 50_000_000);
      assert.ok(seen.every((value, index) => index === 0 || value > (seen[index - 1] ?? 0)));
      await communicator.download('copy', join(here, 'back'), options);
      assert.equal(sha256(join(here, 'back')), sha256(source));
    });

    it(`downloads onto a full disk: says so, and leaves nothing half written${WHY_NO_SMALL_DISK}`, async function () {
      if (WHY_NO_SMALL_DISK) return this.skip();
      const communicator = await bench.connect();
      const disk = new SmallDisk(join(here, 'disk'));
      try {
        writeFileSync(join(there, 'data'), randomBytes(10_000));
        for (const free of [0, 1, 2]) {
          disk.fill(free);
          await assert.rejects(
            communicator.download('data', join(disk.path, 'copy'), options),
            /^KilnError: the disk is full/,
          );
          assert.deepEqual(tree(disk.path), ['.filler']);
          disk.empty();
        }
      } finally {
        disk.unmount();
      }
    });

    it('uploads text and empty files', async () => {
      const communicator = await bench.connect();
      await communicator.upload({ content: 'grüße\n' }, 'text', options);
      await communicator.upload({ content: '' }, 'empty', options);
      assert.equal(readFileSync(join(there, 'text'), 'utf8'), 'grüße\n');
      assert.equal(readFileSync(join(there, 'empty'), 'utf8'), '');
      await communicator.download('empty', join(here, 'empty'), options);
      assert.equal(readFileSync(join(here, 'empty'), 'utf8'), '');
    });

    it("sends the file's own mode, or the one asked for, over an existing file too", async () => {
      const communicator = await bench.connect();
      const source = join(here, 'script');
      writeFileSync(source, 'x');
      chmodSync(source, 0o751);
      await communicator.upload({ path: source }, 'own', options);
      assert.equal(statSync(join(there, 'own')).mode & 0o777, 0o751);
      await communicator.upload({ content: 'y' }, 'asked', { signal: never, mode: 0o640 });
      assert.equal(statSync(join(there, 'asked')).mode & 0o777, 0o640);
    });

    it('takes spaces, quotes, ~ and variables in remote paths', async () => {
      const communicator = await bench.connect();
      mkdirSync(join(there, "it's a folder"));
      await communicator.upload({ content: 'a' }, "it's a folder/a file", options);
      await communicator.upload({ content: 'b' }, '~/b', options);
      await communicator.upload({ content: 'c' }, '$HOME/c', options);
      await communicator.upload({ content: 'd' }, '${HOME}/d${NOTHING}', options);
      await communicator.upload({ content: 'e' }, `${there}/$(echo e)`, options);
      assert.deepEqual(tree(there), ['$(echo e)', 'b', 'c', 'd', "it's a folder/", "it's a folder/a file"]);
    });

    it('puts a folder below an existing one, or in the place of a missing one', async () => {
      const communicator = await bench.connect();
      makeTree(here);
      mkdirSync(join(there, 'existing'));
      await communicator.uploadFolder(join(here, 'tree'), 'existing', options);
      await communicator.uploadFolder(join(here, 'tree'), 'missing', options);
      assert.deepEqual(tree(join(there, 'existing')), ['tree/', ...TREE.map(name => `tree/${name}`)]);
      assert.deepEqual(tree(join(there, 'missing')), TREE);
      assert.equal(statSync(join(there, 'missing/sub/run.sh')).mode & 0o777, 0o755);
      assert.equal(readFileSync(join(there, 'missing/link.txt'), 'utf8'), 'a');
    });

    it('puts the contents of a folder with a trailing slash into an existing one only', async () => {
      const communicator = await bench.connect();
      makeTree(here);
      mkdirSync(join(there, 'existing'));
      await communicator.uploadFolder(`${join(here, 'tree')}/`, 'existing', options);
      assert.deepEqual(tree(join(there, 'existing')), TREE);
      await assert.rejects(
        communicator.uploadFolder(`${join(here, 'tree')}/`, 'missing', options),
        /there is no folder "missing" on the machine/,
      );
    });

    it('does not follow a link into a folder above it', async () => {
      const communicator = await bench.connect();
      mkdirSync(join(here, 'loop'));
      symlinkSync('.', join(here, 'loop/self'));
      await assert.rejects(
        communicator.uploadFolder(join(here, 'loop'), 'x', options),
        /link to a folder that it lies in/,
      );
    });

    it('downloads a folder, its contents, and what a glob matches', async () => {
      const communicator = await bench.connect();
      makeTree(there);
      await communicator.downloadFolder('tree', join(here, 'whole'), options);
      await communicator.downloadFolder('tree/', join(here, 'contents'), options);
      await communicator.downloadFolder('tr*/*.t?t', join(here, 'glob'), options);
      await communicator.downloadFolder('tree/[s]ub', join(here, 'class'), options);
      assert.deepEqual(tree(join(here, 'whole')), ['tree/', ...TREE.map(name => `tree/${name}`)]);
      assert.deepEqual(tree(join(here, 'contents')), TREE);
      assert.deepEqual(tree(join(here, 'glob')), ['a.txt', 'link.txt']);
      assert.deepEqual(tree(join(here, 'class')), ['sub/', 'sub/run.sh']);
      await assert.rejects(communicator.downloadFolder('tree/*.none', here, options), /nothing on the machine matches/);
    });

    it('uploads many small files', async () => {
      const communicator = await bench.connect();
      mkdirSync(join(here, 'many'));
      for (let index = 0; index < 150; index++) writeFileSync(join(here, 'many', `${index}`), `${index}`);
      await communicator.uploadFolder(join(here, 'many'), 'many', options);
      for (let index = 0; index < 150; index++)
        assert.equal(readFileSync(join(there, 'many', `${index}`), 'utf8'), `${index}`);
    });

    it('names the remote path when the folder is missing, a folder is in the way, or the file is missing', async () => {
      const communicator = await bench.connect();
      mkdirSync(join(there, 'folder'));
      await assert.rejects(
        communicator.upload({ content: 'x' }, 'no/such/file', options),
        /"no\/such\/file" on the machine/,
      );
      await assert.rejects(communicator.upload({ path: join(here, 'gone') }, 'x', options), /gone" does not exist/);
      await assert.rejects(communicator.download('gone', join(here, 'x'), options), /"gone"/);
      await assert.rejects(communicator.download('folder', join(here, 'x'), options), /"folder"/);
      assert.ok(!existsSync(join(here, 'x')));
    });

    it('names the local path that cannot be written', async () => {
      const communicator = await bench.connect();
      await communicator.upload({ content: 'x' }, 'file', options);
      await assert.rejects(communicator.download('file', join(here, 'no/x'), options), /no\/x" does not exist/);
    });

    it('stops a transfer on abort, and goes on with the next', async () => {
      const communicator = await bench.connect();
      const source = join(here, 'big');
      writeFileSync(source, Buffer.alloc(30_000_000));
      const controller = new AbortController();
      const progress = (): void => controller.abort(new Error('no more'));
      await assert.rejects(
        communicator.upload({ path: source }, 'big', { signal: controller.signal, progress }),
        /no more/,
      );
      await communicator.upload({ content: 'next' }, 'next', options);
      assert.equal(readFileSync(join(there, 'next'), 'utf8'), 'next');
    });

    it('is a connection failure when the connection is lost in the middle', async () => {
      const communicator = await bench.connect();
      const source = join(here, 'big');
      writeFileSync(source, Buffer.alloc(30_000_000));
      const progress = (): void => bench.server.dropAll();
      await assert.rejects(
        communicator.upload({ path: source }, 'big', { signal: never, progress }),
        isConnectionFailure,
      );
      await communicator.upload({ content: 'next' }, 'next', options);
    });
  });
}

describe('communicator ssh: SFTP trouble', () => {
  it('tells folders in the way, refused permissions and failing writes apart', async () => {
    const bench = await startBench();
    const communicator = await bench.connect();
    mkdirSync(join(bench.server.root, 'folder'));
    await assert.rejects(
      communicator.upload({ content: 'x' }, 'folder', options),
      /it is a folder \(end the destination/,
    );
    await assert.rejects(communicator.upload({ content: 'x' }, 'a/b', options), /there is no folder "a"/);
    bench.server.mischief.sftp = 'full-disk';
    await assert.rejects(communicator.upload({ content: 'x' }, 'full', options), /cannot write "full" on the machine/);
    await bench.close();
  });

  it('says that permission is refused, and where uploads can go', async function () {
    if (process.getuid?.() === 0) this.skip(); // root may write everywhere
    const bench = await startBench();
    const communicator = await bench.connect();
    await assert.rejects(
      communicator.upload({ content: 'x' }, '/etc/kiln-test', options),
      /the login user may not do that/,
    );
    await bench.close();
  });

  it('can be stopped although the server no longer answers', async () => {
    const bench = await startBench();
    const communicator = await bench.connect();
    await communicator.upload({ content: 'x' }, 'x', options);
    bench.server.mischief.sftp = 'stuck';
    const controller = new AbortController();
    const stuck = communicator.upload({ content: 'y' }, 'y', { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('waited enough')), 100);
    await assert.rejects(stuck, /waited enough/);
    await bench.close();
  });

  it('reads files that do not know their size', async () => {
    const bench = await startBench();
    const communicator = await bench.connect();
    const here = mkdtempSync(join(tmpdir(), 'kiln-here-'));
    await communicator.download('/proc/self/cmdline', join(here, 'cmdline'), options);
    await until(() => readFileSync(join(here, 'cmdline')).length > 0);
    rmSync(here, { recursive: true });
    await bench.close();
  });
});

const TREE = ['.hidden', 'a.txt', 'link.txt', 'sub/', 'sub/run.sh'];

function makeTree(folder: string): void {
  mkdirSync(join(folder, 'tree/sub'), { recursive: true });
  writeFileSync(join(folder, 'tree/a.txt'), 'a');
  writeFileSync(join(folder, 'tree/.hidden'), 'h');
  writeFileSync(join(folder, 'tree/sub/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('a.txt', join(folder, 'tree/link.txt'));
}
