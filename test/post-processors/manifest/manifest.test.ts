import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { plugin } from '../../../post-processors/manifest/index.ts';
import { artifactOf, postProcess } from '../../helpers/post-process.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

describe('post-processor manifest', () => {
  const folder = tempFolders();

  it('lists the build and hands its artifact on', async () => {
    const root = folder();
    const output = join(root, 'm.json');
    const file = join(root, 'disk.raw');
    writeFileSync(file, '12345');
    const artifact = artifactOf([file, join(root, 'gone')], { id: 'eu-west-1:ami-1' });
    const before = Math.floor(Date.now() / 1000);
    const result = await postProcess(
      plugin,
      { output, custom_data: { region: '{{ .Region }}' } },
      { artifact, buildData: { Region: 'eu-west-1' } },
    );
    assert.equal(result.artifact, artifact);
    assert.deepEqual([result.keepInput, result.forceKeepInput], [true, true]);
    const { builds, last_run_uuid } = JSON.parse(readFileSync(output, 'utf8'));
    assert.ok(builds[0].build_time >= before);
    assert.deepEqual(builds, [
      {
        name: 'web',
        builder_type: 'amazon-ebs',
        build_time: builds[0].build_time,
        files: [
          { name: file, size: 5 },
          { name: join(root, 'gone'), size: 0 },
        ],
        artifact_id: 'eu-west-1:ami-1',
        packer_run_uuid: last_run_uuid,
        custom_data: { region: 'eu-west-1' },
      },
    ]);
    assert.deepEqual(readdirSync(root).sort(), ['disk.raw', 'm.json']);
  });

  it('strips paths and times when asked to', async () => {
    const output = join(folder(), 'm.json');
    await postProcess(
      plugin,
      { output, strip_path: true, strip_time: true },
      { artifact: artifactOf(['/x/y/disk.raw']) },
    );
    const [build] = JSON.parse(readFileSync(output, 'utf8')).builds;
    assert.deepEqual(build.files, [{ name: 'disk.raw', size: 0 }]);
    assert.equal('build_time' in build, false);
  });

  it('keeps the mode of the file, and follows links', async () => {
    const root = folder();
    mkdirSync(join(root, 'real'));
    const real = join(root, 'real', 'm.json');
    const link = join(root, 'm.json');
    symlinkSync('real/m.json', link);
    await postProcess(plugin, { output: link }, { artifact: artifactOf([]) });
    chmodSync(real, 0o640);
    await postProcess(plugin, { output: link }, { artifact: artifactOf([]) });
    assert.equal(statSync(real).mode & 0o777, 0o640);
    assert.equal(JSON.parse(readFileSync(link, 'utf8')).builds.length, 2);
    assert.deepEqual(readdirSync(join(root, 'real')), ['m.json']);
  });

  it('leaves a file that is no manifest as it is', async () => {
    const root = folder();
    const output = join(root, 'm.json');
    writeFileSync(output, '{"builds": [');
    await assert.rejects(
      postProcess(plugin, { output }, { artifact: artifactOf([]) }),
      /the manifest ".*m\.json" was not written and is as it was before: what is there is not a manifest \(.*JSON/,
    );
    assert.equal(readFileSync(output, 'utf8'), '{"builds": [');
    assert.deepEqual(readdirSync(root), ['m.json']);
  });

  it('says when the folder is missing or the output is a folder', async () => {
    const root = folder();
    await assert.rejects(
      postProcess(plugin, { output: join(root, 'no', 'm.json') }, { artifact: artifactOf([]) }),
      /m\.json" was not written.*does not exist/,
    );
    await assert.rejects(postProcess(plugin, { output: root }, { artifact: artifactOf([]) }), /is a folder/);
    assert.equal(existsSync(`${root}.lock`), false);
  });

  it('on a full disk says so and keeps the old file (needs root)', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const root = folder();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', root]).status !== 0) return this.skip();
    try {
      const output = join(root, 'm.json');
      await postProcess(plugin, { output }, { artifact: artifactOf([]) });
      const before = readFileSync(output, 'utf8');
      for (let size = 64; size > 0; size--) {
        try {
          writeFileSync(join(root, 'filler'), Buffer.alloc(size * 1024));
          break;
        } catch {
          // Less will fit.
        }
      }
      await assert.rejects(
        postProcess(plugin, { output, custom_data: { big: 'x'.repeat(20_000) } }, { artifact: artifactOf([]) }),
        /was not written and is as it was before: .*the disk is full/,
      );
      assert.equal(readFileSync(output, 'utf8'), before);
      assert.deepEqual(readdirSync(root).sort(), ['filler', 'm.json']);
    } finally {
      spawnSync('umount', [root]);
    }
  });
});
