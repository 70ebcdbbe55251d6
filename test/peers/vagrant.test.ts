import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { plugin } from '../../post-processors/vagrant/index.ts';
import { artifactOf, postProcess } from '../helpers/post-process.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { hasTool } from '../helpers/tools.ts';

describe('vagrant itself (skipped where it is not installed)', function () {
  this.timeout(120_000);
  const folder = tempFolders();

  for (const level of [-1, 0, 9])
    it(`adds the aws box, compression level ${level}`, async function () {
      if (!hasTool('vagrant')) return this.skip();
      const root = folder();
      const path = join(root, 'x.box');
      const artifact = artifactOf([], { builderId: 'mitchellh.amazonebs', id: 'eu-west-1:ami-1' });
      await postProcess(plugin, { output: path, compression_level: level }, { artifact });
      const env = { ...process.env, VAGRANT_HOME: join(root, 'home'), VAGRANT_CHECKPOINT_DISABLE: '1' };
      const vagrant = (...args: string[]): string =>
        execFileSync('vagrant', args, { env, cwd: root, stdio: 'pipe' }).toString();
      vagrant('box', 'add', '--name', 'kiln/test', path);
      assert.match(vagrant('box', 'list'), /^kiln\/test +\(aws, 0/m);
    });
});
