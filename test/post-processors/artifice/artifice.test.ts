import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { glob } from '../../../post-processors/artifice/glob.ts';
import { plugin } from '../../../post-processors/artifice/index.ts';
import { badPattern, elementMatcher } from '../../../post-processors/artifice/pattern.ts';
import { artifactOf, postProcess, prepareContext } from '../../helpers/post-process.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

describe('post-processor artifice', () => {
  const folder = tempFolders();

  // The cases of Go's own match_test.go that concern one element.
  for (const [pattern, name, expected] of [
    ['abc', 'abc', true],
    ['*', 'abc', true],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'abc', true],
    ['a*b*c*d*e*', 'axbxcxdxe', true],
    ['a*b*c*d*e*', 'axbxcxdxexxx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^b-d]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a???b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['*[a-ζ]', 'A', false],
    ['[\\]a]', ']', true],
    ['[\\-]', '-', true],
    ['[x\\-]', 'x', true],
    ['[x\\-]', 'z', false],
    ['[b-a]', 'a', false],
    ['*x', 'xxx', true],
    ['.*', '.hidden', true],
    ['*', '.hidden', true],
    ['', '', true],
  ] as const)
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${name}`, () => {
      assert.equal(badPattern(pattern), undefined);
      assert.equal(elementMatcher(pattern)(name), expected);
    });

  for (const pattern of ['[]a]', '[-]', '[x-]', '[-x]', '[a-b-c]', '[', '[^', '[^bc', 'a[', 'a\\', 'ok/[a'])
    it(`${pattern} is malformed`, () => {
      assert.ok(badPattern(pattern));
    });

  it('finds files at one level, sorted, wildcards in folders too', async () => {
    const root = folder();
    for (const name of ['b1', 'a1', 'b2']) {
      mkdirSync(join(root, name, 'deep'), { recursive: true });
      writeFileSync(join(root, name, 'x.txt'), '');
      writeFileSync(join(root, name, 'deep', 'y.txt'), '');
    }
    assert.deepEqual(
      await glob(`${root}/*/*.txt`),
      ['a1', 'b1', 'b2'].map(name => join(root, name, 'x.txt')),
    );
    assert.deepEqual(
      await glob(`${root}/b?/deep/y*`),
      ['b1', 'b2'].map(name => join(root, name, 'deep', 'y.txt')),
    );
    assert.deepEqual(await glob(`${root}/a1/x.txt`), [join(root, 'a1', 'x.txt')]);
    assert.deepEqual(await glob(`${root}/gone`), []);
    assert.deepEqual(await glob(`${root}/**/y.txt`), []);
  });

  it('goes on with the files found, in the order of the patterns', async () => {
    const root = folder();
    for (const name of ['b.raw', 'a.raw', 'c.iso']) writeFileSync(join(root, name), '');
    const files = [join(root, 'c.iso'), join(root, 'gone*'), join(root, '*.raw')];
    const result = await postProcess(plugin, { files }, { artifact: artifactOf(['old']) });
    const found = ['c.iso', 'a.raw', 'b.raw'].map(name => join(root, name));
    assert.deepEqual(result.artifact?.files, found);
    assert.equal(result.artifact.builderId, 'packer.post-processor.artifice');
    assert.equal(result.artifact.description, `Created artifact from files: ${found.join(', ')}`);
    assert.deepEqual([result.keepInput, result.forceKeepInput], [true, false]);
    assert.deepEqual(result.said, [
      'Discarding files from artifact: old',
      `Using these artifact files: ${found.join(', ')}`,
    ]);
  });

  it('points at a malformed pattern before anything runs', async () => {
    const context = prepareContext();
    await plugin.prepare({ files: ['ok', '[a'] }, context);
    assert.deepEqual(
      context.complaints.map(one => [one.path, one.code]),
      [['files.1', 'bad-pattern']],
    );
  });
});
