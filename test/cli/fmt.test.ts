import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, it } from 'mocha';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { runCommand } from '../helpers/command.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

const UGLY = '{"builders":[]}';
const NEAT = '{\n  "builders": []\n}\n';

describe('kiln fmt', () => {
  const folder = tempFolders();
  let dir = '';
  beforeEach(() => {
    dir = folder();
  });

  const path = (name: string): string => join(dir, name);
  const text = (name: string): string => readFileSync(path(name), 'utf8');
  function write(name: string, content: string | Buffer): string {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), content);
    return path(name);
  }

  const fmt = (args: readonly string[], input = '', terminal = false) =>
    runCommand(COMMANDS['fmt'], args, { cwd: dir, input, terminal });

  it('goes on with the others when one cannot be read, parsed or written, and tells of each', async () => {
    const paths = [
      path('missing.json'),
      write('utf16.json', Buffer.from('\ufeff{}', 'utf16le')),
      write('latin1.json', Buffer.from('{"a":"\xff"}', 'latin1')),
      write('broken.json', '{"a":1'),
      write('text.txt', 'x'),
      write('good.json', UGLY),
    ];
    const before = readFileSync(path('latin1.json'));
    const { code, out, err } = await fmt(paths);
    assert.equal(code, 1);
    assert.equal(out, 'good.json\n');
    assert.equal(text('good.json'), NEAT);
    assert.equal(text('broken.json'), '{"a":1');
    assert.deepEqual(readFileSync(path('latin1.json')), before);
    for (const what of [
      /"missing.json" does not exist/,
      /"utf16.json" is UTF-16 text/,
      /not UTF-8: the byte 0xFF.*\n --> latin1.json:1:7/,
      /--> broken.json:1:7/,
      /"text.txt" is no template/,
    ])
      assert.match(err, what);
    assert.equal(err.match(/error:/g)?.length, 5, err);
  });

  it('names a file only when it was written', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    mkdirSync(path('small'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', path('small')]);
    if (mounted.status !== 0) return this.skip();
    try {
      const big = `{"builders":[],"x":[${'{"a":1},'.repeat(900)}{}]}`;
      write('small/big.json', big);
      write('small/a.json', UGLY);
      write('small/fill', Buffer.alloc(4096));
      const { code, out, err } = await fmt([path('small/big.json'), write('b.json', UGLY)]);
      assert.equal(code, 1);
      assert.equal(out, 'b.json\n');
      assert.match(err, /the disk is full: "small\/big.json" could not be written/);
      assert.equal(text('small/big.json'), big);
      assert.deepEqual(readdirSync(path('small')).sort(), ['a.json', 'big.json', 'fill']);
    } finally {
      spawnSync('umount', [path('small')]);
    }
  });

  it('keeps permissions and symbolic links, and does not touch what needs nothing', async () => {
    chmodSync(write('real.json', UGLY), 0o640);
    symlinkSync('real.json', path('link.json'));
    utimesSync(write('neat.json', NEAT), 1, 1);
    const { code, out } = await fmt([path('link.json'), path('neat.json')]);
    assert.deepEqual([code, out], [0, 'link.json\n']);
    assert.ok(lstatSync(path('link.json')).isSymbolicLink());
    assert.equal(text('real.json'), NEAT);
    assert.equal(statSync(path('real.json')).mode & 0o777, 0o640);
    assert.equal(statSync(path('neat.json')).mtimeMs, 1000);
  });

  it('takes a folder in order, with -recursive those below, but none that is hidden or of npm', async () => {
    for (const name of [
      'b.json',
      'a/z.json',
      'a/b/c.json',
      '.hidden/x.json',
      '.hidden.json',
      'node_modules/p/x.json',
      'b.json~',
      '#b.json#',
    ])
      write(name, UGLY);
    write('c.pkrvars.json', '{"x":1}');
    write('package.json', '{"name":"x"}');
    write('prod.vars.json', '{"x":"1"}');
    symlinkSync('.', path('loop'));
    symlinkSync('nowhere', path('dangling.json'));
    assert.equal((await fmt(['-check', dir])).out, 'b.json\nc.pkrvars.json\nprod.vars.json\n');
    const all = 'a/b/c.json\na/z.json\nb.json\nc.pkrvars.json\nprod.vars.json\n';
    const checked = await fmt(['-check', '-recursive', dir]);
    assert.deepEqual([checked.code, checked.out], [3, all]);
    assert.equal(text('b.json'), UGLY);
    assert.equal((await fmt(['-recursive', dir, path('b.json'), path('a')])).out, all);
    assert.deepEqual(await fmt(['-check', '-recursive', dir]), { code: 0, out: '', err: '' });
  });

  it('warns of JSON in a folder that it cannot look into, and passes over pipes', async () => {
    write('a.json', UGLY);
    symlinkSync('loop.json', path('loop.json'));
    spawnSync('mkfifo', [path('pipe.json')]);
    const { code, out, err } = await fmt([dir]);
    assert.deepEqual([code, out, text('a.json')], [0, 'a.json\n', NEAT]);
    assert.match(err, /^warning: .*loop\.json.*; it is left out\n/);
  });

  it('takes off a byte order mark and carriage returns, even where the layout is right', async () => {
    const paths = [write('bom.json', `\ufeff${NEAT}`), write('crlf.json', NEAT.replaceAll('\n', '\r\n'))];
    assert.deepEqual(await fmt(['-check', ...paths]), { code: 3, out: 'bom.json\ncrlf.json\n', err: '' });
    assert.equal((await fmt(paths)).code, 0);
    assert.deepEqual([text('bom.json'), text('crlf.json')], [NEAT, NEAT]);
  });

  it('reads standard input beside files: the text, with -diff the difference, with -check neither', async () => {
    assert.deepEqual(await fmt(['-'], UGLY), { code: 0, out: NEAT, err: '' });
    assert.deepEqual(await fmt(['-'], NEAT), { code: 0, out: NEAT, err: '' });
    assert.deepEqual(await fmt(['-check', '-'], UGLY), { code: 3, out: '', err: '' });
    const { code, out } = await fmt(['-check', '-diff', '-', write('a.json', UGLY)], UGLY);
    assert.equal(code, 3);
    assert.match(out, /^--- old\/-\n\+\+\+ new\/-\n[\s\S]*\na\.json\n--- old\//);
    const broken = await fmt(['-', path('a.json')], '{"a":');
    assert.deepEqual([broken.code, broken.out], [1, 'a.json\n']);
    assert.match(broken.err, /--> -:1:6/);
  });

  it('colours differences on a terminal alone', async () => {
    const args = ['-check', '-diff', write('a.json', UGLY)];
    assert.doesNotMatch((await fmt(args)).out, /\x1b/);
    const { out } = await fmt(args, '', true);
    assert.match(out, /\x1b\[[0-9;]+m-\{"builders":\[\]\}/);
    assert.match(out, /\x1b\[[0-9;]+m\+ {2}"builders": \[\]/);
  });

  it('speaks to programs as the other commands do', async () => {
    const path = write('a.json', UGLY);
    const lines = (text: string): unknown[] =>
      text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line));
    const [checked, ...none] = lines((await fmt(['--json', '-check', '-diff', path])).out) as { diff?: string }[];
    assert.deepEqual(none, []);
    assert.match(checked?.diff ?? '', /^--- old\/a\.json\n[\s\S]*\n\+ {2}"builders": \[\]\n/);
    assert.deepEqual({ ...checked, diff: '' }, { type: 'rewritten', file: 'a.json', written: false, diff: '' });
    assert.deepEqual(lines((await fmt(['--json', '-'], UGLY)).out), [{ type: 'result', file: '-', text: NEAT }]);
    assert.match((await fmt(['-machine-readable', '-check', path])).out, /^\d+,,ui,say,a\.json\n$/);
    assert.deepEqual(lines((await fmt(['--json', path])).out), [{ type: 'rewritten', file: 'a.json', written: true }]);
  });

  it('tells of a folder that may not be read, and goes on (not as root, who may)', async function () {
    if (process.getuid?.() === 0) return this.skip();
    write('locked/a.json', UGLY);
    write('b.json', UGLY);
    chmodSync(path('locked'), 0);
    try {
      const { code, out, err } = await fmt(['-check', '-recursive', dir, path('locked/a.json')]);
      assert.deepEqual([code, out], [1, 'b.json\n']);
      assert.equal(err.match(/may not be read/g)?.length, 2, err);
    } finally {
      chmodSync(path('locked'), 0o700);
    }
  });
});
