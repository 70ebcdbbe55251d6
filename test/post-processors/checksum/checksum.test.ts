import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { plugin } from '../../../post-processors/checksum/index.ts';
import { artifactOf, postProcess } from '../../helpers/post-process.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

describe('post-processor checksum', () => {
  const folder = tempFolders();
  const digest = (type: string, text: string): string => createHash(type).update(text).digest('hex');

  it('appends one line per type and file, and names the new files only', async () => {
    const root = folder();
    const [a, b] = [join(root, 'a.txt'), join(root, 'b.txt')];
    writeFileSync(a, 'hello');
    writeFileSync(b, '');
    const output = join(root, 'sums', '{{.BuildName}}_{{.BuilderType}}_{{.ChecksumType}}');
    const options = { checksum_types: ['md5', 'sha512'], output };
    const artifact = artifactOf([a, b]);
    const md5 = join(root, 'sums', 'web_amazon-ebs_md5');
    const sha = join(root, 'sums', 'web_amazon-ebs_sha512');
    const first = await postProcess(plugin, options, { artifact });
    assert.deepEqual(first.artifact?.files, [a, b, md5, sha]);
    assert.equal(first.artifact.description, `Created artifact from files: ${[a, b, md5, sha].join(', ')}`);
    assert.equal(first.artifact.builderId, 'packer.post-processor.checksum');
    assert.deepEqual([first.keepInput, first.forceKeepInput], [true, true]);
    const lines = `${digest('md5', 'hello')}\ta.txt\n${digest('md5', '')}\tb.txt\n`;
    assert.equal(readFileSync(md5, 'utf8'), lines);
    assert.equal(readFileSync(sha, 'utf8'), `${digest('sha512', 'hello')}\ta.txt\n${digest('sha512', '')}\tb.txt\n`);
    const second = await postProcess(plugin, options, { artifact });
    assert.deepEqual(second.artifact?.files, [a, b]);
    assert.equal(readFileSync(md5, 'utf8'), lines + lines);
  });

  it('computes md5 by default, and puts all types into one file when the name is the same', async () => {
    const root = folder();
    const file = join(root, 'a');
    writeFileSync(file, 'hello');
    const output = join(root, 'sums');
    await postProcess(plugin, { output }, { artifact: artifactOf([file]) });
    assert.equal(readFileSync(output, 'utf8'), `${digest('md5', 'hello')}\ta\n`);
    const both = await postProcess(
      plugin,
      { output: join(root, 'both'), checksum_types: ['sha1', 'sha224', 'sha256', 'sha384'] },
      { artifact: artifactOf([file]) },
    );
    assert.equal(
      readFileSync(join(root, 'both'), 'utf8'),
      ['sha1', 'sha224', 'sha256', 'sha384'].map(type => `${digest(type, 'hello')}\ta\n`).join(''),
    );
    assert.deepEqual(both.artifact?.files, [file, join(root, 'both')]);
  });

  it('writes nothing when a file is missing or a folder', async () => {
    const root = folder();
    const good = join(root, 'a');
    writeFileSync(good, 'x');
    mkdirSync(join(root, 'folder'));
    for (const [bad, complaint] of [
      [join(root, 'gone'), /gone" does not exist/],
      [join(root, 'folder'), /is a folder/],
    ] as const) {
      await assert.rejects(
        postProcess(plugin, { output: join(root, 'sums') }, { artifact: artifactOf([good, bad]) }),
        complaint,
      );
    }
    assert.equal(existsSync(join(root, 'sums')), false);
    assert.deepEqual(readdirSync(root), ['a', 'folder']);
  });

  it('without a builder artifact says so', async () => {
    await assert.rejects(postProcess(plugin, {}), /the checksum post-processor has nothing to work on/);
  });
});
