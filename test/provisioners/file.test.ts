import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plugin } from '../../provisioners/file/index.ts';
import type { Communicator } from '../../src/sdk/communicator.ts';
import { type Bench, startBench } from '../communicators/helpers.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { prepare, provision, type RunOptions } from './helpers.ts';

describe('provisioner file', () => {
  const makeFolder = tempFolders();
  let bench: Bench;
  let communicator: Communicator;
  let here: string;
  let there: string;
  beforeEach(async () => {
    bench = await startBench();
    communicator = await bench.connect();
    here = makeFolder();
    there = bench.server.root;
    mkdirSync(join(here, 'app/conf'), { recursive: true });
    writeFileSync(join(here, 'app/main'), 'main', { mode: 0o755 });
    writeFileSync(join(here, 'app/conf/a.ini'), 'a');
    writeFileSync(join(here, 'one'), '1');
    chmodSync(join(here, 'one'), 0o640);
    mkdirSync(join(there, 'dir'));
  });
  afterEach(() => bench.close());

  const run = (options: Record<string, unknown>, more?: RunOptions) => provision(plugin, options, communicator, more);

  it('uploads a file to a path or into a folder, with its mode', async () => {
    const ui = await run({ source: join(here, 'one'), destination: 'dir/renamed' });
    await run({ source: join(here, 'one'), destination: 'dir/' });
    assert.deepEqual(readdirSync(join(there, 'dir')).sort(), ['one', 'renamed']);
    assert.equal(statSync(join(there, 'dir/renamed')).mode & 0o777, 0o640);
    assert.deepEqual(ui.said, [`Uploading ${join(here, 'one')} => dir/renamed`]);
  });

  it('uploads a folder below an existing one, or its contents, or as a new one', async () => {
    await run({ source: join(here, 'app'), destination: 'dir' });
    assert.equal(readFileSync(join(there, 'dir/app/conf/a.ini'), 'utf8'), 'a');
    await run({ source: `${join(here, 'app')}/`, destination: 'dir' });
    assert.equal(readFileSync(join(there, 'dir/conf/a.ini'), 'utf8'), 'a');
    assert.equal(statSync(join(there, 'dir/main')).mode & 0o777, 0o755);
    await run({ source: join(here, 'app'), destination: 'fresh' });
    assert.equal(readFileSync(join(there, 'fresh/main'), 'utf8'), 'main');
  });

  it('uploads several sources and rendered paths', async () => {
    writeFileSync(join(here, 'two'), '2');
    await run({ sources: [join(here, 'two')], source: join(here, 'one'), destination: 'dir/' });
    await run({ source: join(here, 'one'), destination: '{{ build "Where" }}/x' }, { buildData: { Where: 'dir' } });
    assert.deepEqual(readdirSync(join(there, 'dir')).sort(), ['one', 'two', 'x']);
  });

  it('uploads content, under a name of its own in a folder', async () => {
    await run({ content: 'hello {{ build "ID" }}\n', destination: 'greeting' }, { buildData: { ID: 'i-1' } });
    assert.equal(readFileSync(join(there, 'greeting'), 'utf8'), 'hello i-1\n');
    await run({ content: 'x', destination: 'dir/' });
    assert.match(readdirSync(join(there, 'dir'))[0] ?? '', /^pkr-file-content/);
  });

  it('downloads files, creating local folders', async () => {
    writeFileSync(join(there, 'log'), 'log');
    await run({ direction: 'download', source: 'log', destination: join(here, 'a/b/copy') });
    await run({ direction: 'download', source: 'log', destination: `${join(here, 'c')}/` });
    assert.equal(readFileSync(join(here, 'a/b/copy'), 'utf8'), 'log');
    assert.equal(readFileSync(join(here, 'c/log'), 'utf8'), 'log');
  });

  it('downloads folders and globs as Packer does, and goes on to the next source', async () => {
    mkdirSync(join(there, 'logs/old'), { recursive: true });
    for (const name of ['a.log', 'b.log', 'c.txt', 'old/d.log']) writeFileSync(join(there, 'logs', name), name);
    await run({ direction: 'download', source: 'logs/', destination: `${join(here, 'whole')}/` });
    assert.equal(readFileSync(join(here, 'whole/logs/old/d.log'), 'utf8'), 'old/d.log');
    await run({ direction: 'download', sources: ['logs/*.log', 'logs/c.txt'], destination: `${join(here, 'some')}/` });
    assert.deepEqual(readdirSync(join(here, 'some')).sort(), ['a.log', 'b.log', 'c.txt']);
  });

  it('says what is missing, and where', async () => {
    await assert.rejects(run({ source: join(here, 'one'), destination: 'no/such' }), /there is no folder "no"/);
    await assert.rejects(
      run({ direction: 'download', source: 'gone', destination: join(here, 'x') }),
      /cannot download "gone": it does not exist on the machine/,
    );
    await assert.rejects(
      run({ source: join(here, 'later'), destination: 'x', generated: true }),
      /later" does not exist/,
    );
    assert.ok(!existsSync(join(here, 'x')));
  });

  it('checks sources when preparing, except generated ones and downloads', async () => {
    const source = join(here, 'onee');
    const { found } = await prepare(plugin, { source, destination: 'x' });
    assert.deepEqual(
      found.map(one => [one.path, one.code, one.hint]),
      [['source', 'missing-file', `did you mean "${join(here, 'one')}"?`]],
    );
    assert.deepEqual((await prepare(plugin, { source, destination: 'x', generated: true })).found, []);
    assert.deepEqual((await prepare(plugin, { source, destination: 'x', direction: 'download' })).found, []);
    assert.equal((await prepare(plugin, { destination: 'x' })).found[0]?.code, 'nothing-to-do');
  });
});
