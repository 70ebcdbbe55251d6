import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, it } from 'mocha';
import { plugin as checksum } from '../../post-processors/checksum/index.ts';
import { detectFormat } from '../../post-processors/compress/format.ts';
import { plugin as compress } from '../../post-processors/compress/index.ts';
import { plugin as manifest } from '../../post-processors/manifest/index.ts';
import { artifactOf, postProcess } from '../helpers/post-process.ts';
import { readTar } from '../helpers/tar.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { hasTool } from '../helpers/tools.ts';

const CUSTOM = {
  10: 'x',
  9: 'y',
  html: '<a href="x">&amp;</a>',
  lines: 'a\nb\tc\u2028',
  é: '\u{1f600}',
  '\uffff': 'z',
};

describe('the same work done by packer (skipped where it is not installed)', function () {
  this.timeout(60_000);
  const folder = tempFolders();

  function packer(root: string, postProcessors: unknown): void {
    const builders = [{ type: 'file', name: 'web', target: 'a.txt', content: 'hello' }];
    writeFileSync(join(root, 't.json'), JSON.stringify({ builders, 'post-processors': postProcessors }));
    execFileSync('packer', ['build', 't.json'], {
      cwd: root,
      stdio: 'pipe',
      env: { ...process.env, CHECKPOINT_DISABLE: '1' },
    });
  }

  it('writes the same manifest, twice in a row, byte for byte', async function () {
    if (!hasTool('packer')) return this.skip();
    const root = folder();
    const theirs = join(root, 'packer.json');
    const ours = join(root, 'kiln.json');
    const before = process.cwd();
    process.chdir(root);
    try {
      for (let round = 0; round < 2; round++) {
        packer(root, [{ type: 'manifest', output: theirs, custom_data: CUSTOM }]);
        const text = readFileSync(theirs, 'utf8');
        const runUuid = JSON.parse(text).last_run_uuid;
        await postProcess(
          manifest,
          { output: ours, custom_data: CUSTOM },
          { artifact: artifactOf(['a.txt']), runUuid, build: { name: 'web', builderType: 'file' } },
        );
        const timeless = (document: string): string => document.replace(/"build_time": \d+/g, '"build_time": 0');
        assert.equal(timeless(readFileSync(ours, 'utf8')), timeless(text));
      }
    } finally {
      process.chdir(before);
    }
  });

  it('writes the same checksums', async function () {
    if (!hasTool('packer')) return this.skip();
    const root = folder();
    const types = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
    packer(root, [{ type: 'checksum', checksum_types: types, output: 'theirs.{{.ChecksumType}}' }]);
    await postProcess(
      checksum,
      { checksum_types: types, output: join(root, 'ours.{{.ChecksumType}}') },
      { artifact: artifactOf([join(root, 'a.txt')]) },
    );
    for (const type of types)
      assert.equal(
        readFileSync(join(root, `ours.${type}`), 'utf8'),
        readFileSync(join(root, `theirs.${type}`), 'utf8'),
      );
  });

  it('chooses the same format for a name, and puts the same members into a tar', async function () {
    if (!hasTool('packer')) return this.skip();
    const names = [
      'a.tar.gz',
      'b.gz',
      'c.zip',
      'd.tar',
      'e.tgz',
      'f.tar.bz2',
      'g',
      'h.v1.2',
      'i.tar.zip',
      'j.lz4',
      'k.GZ',
    ];
    const root = folder();
    packer(
      root,
      names.map(output => ({ type: 'compress', output, keep_input_artifact: true })),
    );
    for (const name of names) {
      const bytes = readFileSync(join(root, name));
      const magic = bytes.readUInt16BE();
      const outer = { 8075: 'gzip', 20555: 'zip', 1058: 'lz4' }[magic] ?? 'none';
      const inner = outer === 'gzip' ? gunzipSync(bytes) : bytes;
      const tar = inner.toString('latin1', 257, 262) === 'ustar';
      const { container, algorithm } = detectFormat(name, undefined);
      assert.equal(algorithm === 'none' && container === 'zip' ? 'zip' : algorithm, outer, name);
      assert.equal(container === 'tar', tar, name);
    }
    await postProcess(compress, { output: join(root, 'ours.tar') }, { artifact: artifactOf([join(root, 'a.txt')]) });
    const theirs = readTar(readFileSync(join(root, 'd.tar')));
    assert.deepEqual(readTar(readFileSync(join(root, 'ours.tar'))), theirs);
    assert.ok(existsSync(join(root, 'a.txt')));
  });
});
