import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, it } from 'mocha';
import { plugin } from '../../../post-processors/compress/index.ts';
import type { CompressOptions } from '../../../post-processors/compress/schema.ts';
import { artifactOf, postProcess, prepareContext, type Ran } from '../../helpers/post-process.ts';
import { readTar } from '../../helpers/tar.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';
import { hasTool, runTool } from '../../helpers/tools.ts';

describe('post-processor compress', function () {
  this.timeout(60_000);
  const folder = tempFolders();

  const compress = (options: CompressOptions, files: readonly string[], signal?: AbortSignal): Promise<Ran> =>
    postProcess(plugin, options, { artifact: artifactOf(files), ...(signal && { signal }) });

  function twoFiles(root: string): readonly [string, string] {
    mkdirSync(join(root, 'in'));
    const small = join(root, 'in', 'small.txt');
    const big = join(root, 'in', 'big.bin');
    writeFileSync(small, 'hello');
    writeFileSync(big, randomBytes(3_000_000));
    chmodSync(small, 0o640);
    return [small, big];
  }

  it('tar.gz: base names, modes, owners, times of zero; folders made, nothing left over', async () => {
    const root = folder();
    const files = twoFiles(root);
    const output = join(root, 'out', 'deep', '{{.BuildName}}-{{.BuilderType}}.tar.gz');
    const result = await compress({ output }, files);
    const real = join(root, 'out', 'deep', 'web-amazon-ebs.tar.gz');
    assert.equal(result.artifact?.builderId, 'packer.post-processor.compress');
    assert.equal(result.artifact.id, '');
    assert.deepEqual(result.artifact.files, [real]);
    assert.equal(result.artifact.description, `compressed artifacts in: ${real}`);
    assert.deepEqual([result.keepInput, result.forceKeepInput], [false, false]);
    const members = readTar(gunzipSync(readFileSync(real)));
    assert.deepEqual(
      members.map(({ name, type, mode, uid, gid, mtime }) => ({ name, type, mode, uid, gid, mtime })),
      files.map(file => {
        const { mode, uid, gid } = statSync(file);
        return { name: file.split('/').at(-1), type: '0', mode: mode & 0o7777, uid, gid, mtime: 0 };
      }),
    );
    for (const [index, member] of members.entries()) assert.ok(member.content.equals(readFileSync(files[index]!)));
    assert.deepEqual(readdirSync(join(root, 'out', 'deep')), ['web-amazon-ebs.tar.gz']);
    assert.equal(result.progress.at(-1)?.done, 3_000_005);
    assert.equal(result.progress.at(-1)?.total, 3_000_005);
    if (hasTool('tar')) assert.equal(runTool('tar', ['tzf', real]).toString(), 'small.txt\nbig.bin\n');
  });

  it('tar: no compression, long and non-ASCII names whole', async () => {
    const root = folder();
    const names = ['ü-ß.txt', `${'n'.repeat(180)}.txt`, 'empty'];
    const files = names.map(name => join(root, name));
    for (const file of files) writeFileSync(file, file.endsWith('empty') ? '' : file);
    const output = join(root, 'x.tar');
    await compress({ output }, files);
    const members = readTar(readFileSync(output));
    assert.equal(readFileSync(output).toString('latin1', 257, 265), 'ustar  \0', "GNU's format");
    assert.deepEqual(
      members.map(member => member.name),
      names,
    );
    assert.deepEqual(
      members.map(member => member.content.toString()),
      files.map(file => readFileSync(file, 'utf8')),
    );
    if (hasTool('tar'))
      assert.equal(
        runTool('tar', ['tf', output, '--quoting-style=literal']).toString(),
        names.map(name => `${name}\n`).join(''),
      );
  });

  it('tar: owner numbers beyond the plain header are kept (needs root)', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const root = folder();
    const file = join(root, 'a');
    writeFileSync(file, 'x');
    chownSync(file, 3_000_000_000, 2_000_000);
    await compress({ output: join(root, 'x.tar') }, [file]);
    const [member] = readTar(readFileSync(join(root, 'x.tar')));
    assert.deepEqual([member?.name, member?.uid, member?.gid], ['a', 3_000_000_000, 2_000_000]);
    assert.match(runTool('tar', ['tvf', join(root, 'x.tar'), '--numeric-owner']).toString(), / 3000000000\/2000000 /);
  });

  it('zip: paths as given, deflated, readable by unzip', async function () {
    const root = folder();
    const files = twoFiles(root);
    const output = join(root, 'x.zip');
    await compress({ output }, files);
    if (!hasTool('unzip')) return this.skip();
    runTool('unzip', ['-tq', output]);
    const list = runTool('unzip', ['-Z1', output]).toString();
    assert.equal(list, files.map(file => `${file.slice(1)}\n`).join(''));
    assert.ok(runTool('unzip', ['-p', output, files[1].slice(1)]).equals(readFileSync(files[1])));
  });

  it('gz: a single file, as Node and gzip read it; the same file gives the same bytes', async () => {
    const root = folder();
    const [, big] = twoFiles(root);
    await compress({ output: join(root, 'x.gz') }, [big]);
    await compress({ output: join(root, 'y'), format: 'gz' }, [big]);
    const packed = readFileSync(join(root, 'x.gz'));
    assert.ok(gunzipSync(packed).equals(readFileSync(big)));
    assert.ok(packed.equals(readFileSync(join(root, 'y'))));
    if (hasTool('gzip')) runTool('gzip', ['-t', join(root, 'x.gz')]);
  });

  it('obeys the level', async () => {
    const root = folder();
    const file = join(root, 'text');
    writeFileSync(file, Array.from({ length: 100_000 }, (_, index) => `line ${index * 7919}\n`).join(''));
    const sizes = [];
    for (const level of [1, 9]) {
      await compress({ output: join(root, 'x.gz'), compression_level: level }, [file]);
      sizes.push(statSync(join(root, 'x.gz')).size);
    }
    assert.ok(sizes[0]! > sizes[1]!, sizes.join(' '));
  });

  for (const [ending, tool] of [
    ['xz', 'xz'],
    ['bzip2', 'bzip2'],
    ['lz4', 'lz4'],
  ] as const)
    it(`${ending}: by the program ${tool}`, async function () {
      if (!hasTool(tool)) return this.skip();
      const root = folder();
      const [small, big] = twoFiles(root);
      await compress({ output: join(root, `x.tar.${ending}`) }, [small, big]);
      const tar = runTool(tool, ['-dc'], readFileSync(join(root, `x.tar.${ending}`)));
      assert.deepEqual(
        readTar(tar).map(member => member.name),
        ['small.txt', 'big.bin'],
      );
      await compress({ output: join(root, `x.${ending}`), compression_level: 3 }, [big]);
      assert.ok(runTool(tool, ['-dc'], readFileSync(join(root, `x.${ending}`))).equals(readFileSync(big)));
    });

  it('says at preparation which program is missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = folder();
    try {
      for (const ending of ['xz', 'bzip2', 'lz4']) {
        const context = prepareContext();
        await plugin.prepare({ output: `x.tar.${ending}` }, context);
        assert.match(context.complaints[0]?.message ?? '', new RegExp(`"${ending}", which is not on the PATH`));
      }
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('refuses levels below -1', async () => {
    const context = prepareContext();
    await plugin.prepare({ compression_level: -2 }, context);
    assert.deepEqual(
      context.complaints.map(one => [one.path, one.code]),
      [['compression_level', 'out-of-range']],
    );
  });

  it('without tar or zip takes exactly one file', async () => {
    const root = folder();
    const files = twoFiles(root);
    await assert.rejects(
      compress({ output: join(root, 'x.gz') }, files),
      /Can only have 1 input file when not using tar\/zip/,
    );
    await assert.rejects(compress({ output: join(root, 'x.gz') }, []), /Can only have 1 input file/);
    assert.deepEqual(readdirSync(root), ['in']);
  });

  it('of nothing makes an empty archive', async () => {
    const root = folder();
    await compress({ output: join(root, 'x.tar.gz') }, []);
    assert.deepEqual(readTar(gunzipSync(readFileSync(join(root, 'x.tar.gz')))), []);
  });

  it('says which input is missing or a folder, and leaves an older output alone', async () => {
    const root = folder();
    const output = join(root, 'x.tar.gz');
    writeFileSync(output, 'old');
    await assert.rejects(compress({ output }, [join(root, 'gone')]), /the input file ".*gone" does not exist/);
    await assert.rejects(compress({ output }, [root]), /is a folder; only files can be taken/);
    assert.equal(readFileSync(output, 'utf8'), 'old');
    assert.deepEqual(readdirSync(root), ['x.tar.gz']);
  });

  it('refuses to write over its own input, through a link too', async () => {
    const root = folder();
    const file = join(root, 'a.gz');
    writeFileSync(file, 'x');
    symlinkSync(file, join(root, 'b.gz'));
    await assert.rejects(compress({ output: join(root, 'b.gz') }, [file]), /both the input and the output/);
    assert.equal(readFileSync(file, 'utf8'), 'x');
  });

  for (const ending of ['tar.gz', 'zip', 'tar', 'gz', 'tar.xz'])
    it(`stopped in the middle of ${ending}: throws the reason, leaves nothing`, async function () {
      if (ending === 'tar.xz' && !hasTool('xz')) return this.skip();
      const root = folder();
      const file = join(root, 'disk');
      writeFileSync(file, '');
      truncateSync(file, 2 ** 30);
      const controller = new AbortController();
      const output = join(root, `x.${ending}`);
      const running = compress({ output }, [file], controller.signal);
      setTimeout(() => controller.abort(new Error('stopped by the user')), 60);
      await assert.rejects(running, /^Error: stopped by the user$/);
      assert.deepEqual(readdirSync(root), ['disk']);
    });

  it('on a full disk says so and leaves nothing (needs root)', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const root = folder();
    const [, big] = twoFiles(folder());
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root]).status !== 0) return this.skip();
    try {
      for (const ending of ['tar.gz', 'zip', 'tar'])
        await assert.rejects(compress({ output: join(root, `x.${ending}`) }, [big]), /the disk is full: ".*x\./);
      assert.deepEqual(readdirSync(root), []);
    } finally {
      spawnSync('umount', [root]);
    }
  });

  it('clears away what a killed run left, but nothing else', async () => {
    const root = folder();
    const [small] = twoFiles(root);
    const child = spawnSync(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")']);
    const { ownerTag } = await import('../../../src/sdk/process-identity.ts');
    const dead = ownerTag().replace(/-\d+-/, `-${child.pid}-`);
    writeFileSync(join(root, `.x.tar.kiln-${dead}.abcd`), 'left');
    writeFileSync(join(root, `.x.tar.kiln-${ownerTag()}.abcd`), 'of a living one');
    await compress({ output: join(root, 'x.tar') }, [small]);
    assert.equal(existsSync(join(root, `.x.tar.kiln-${dead}.abcd`)), false);
    assert.equal(existsSync(join(root, `.x.tar.kiln-${ownerTag()}.abcd`)), true);
  });

  it('destroying its artifact deletes the file', async () => {
    const root = folder();
    const [small] = twoFiles(root);
    const { artifact } = await compress({ output: join(root, 'x.tar') }, [small]);
    await artifact?.destroy(new AbortController().signal);
    assert.deepEqual(readdirSync(root), ['in']);
    await artifact?.destroy(new AbortController().signal);
  });
});
