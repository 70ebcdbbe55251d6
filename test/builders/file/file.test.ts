import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { plugin } from '../../../builders/file/index.ts';
import type { FileOptions } from '../../../builders/file/schema.ts';
import type { Artifact } from '../../../src/sdk/artifact.ts';
import { prepareContext, recordedRun } from '../../helpers/post-process.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

describe('builder file', () => {
  const folder = tempFolders();

  async function build(options: FileOptions): Promise<Artifact | undefined> {
    const prepared = await plugin.prepare(options, prepareContext());
    const run = recordedRun();
    const machine = await prepared.launch?.(run);
    return prepared.artifact?.(run, machine);
  }

  it('writes the content, for its owner only, making folders and replacing what was there', async () => {
    const target = join(folder(), 'deep', 'a.txt');
    const artifact = await build({ target, content: 'hello' });
    assert.equal(readFileSync(target, 'utf8'), 'hello');
    assert.equal(statSync(target).mode & 0o777, 0o600);
    assert.equal(artifact?.builderId, 'packer.file');
    assert.equal(artifact?.id, 'File');
    assert.deepEqual(artifact?.files, [target]);
    assert.equal(artifact?.description, `Stored file: ${target}`);
    await build({ target, content: 'again' });
    assert.equal(readFileSync(target, 'utf8'), 'again');
    await artifact?.destroy(new AbortController().signal);
    assert.equal(existsSync(target), false);
  });

  it('copies the source', async () => {
    const root = folder();
    writeFileSync(join(root, 'a'), Buffer.from([0, 255, 10]));
    await build({ target: join(root, 'b'), source: join(root, 'a') });
    assert.deepEqual(readFileSync(join(root, 'b')), Buffer.from([0, 255, 10]));
  });

  it('warns of an empty file, and makes it', async () => {
    const target = join(folder(), 'a');
    const context = prepareContext();
    await plugin.prepare({ target }, context);
    assert.deepEqual(
      context.complaints.map(one => [one.severity, one.code]),
      [['warning', 'empty-file']],
    );
    await build({ target });
    assert.equal(readFileSync(target, 'utf8'), '');
  });

  it('says when the source is missing or a folder stands in the way, leaving nothing', async () => {
    const root = folder();
    await assert.rejects(
      build({ target: join(root, 'b'), source: join(root, 'a') }),
      /the input file ".*a" does not exist/,
    );
    writeFileSync(join(root, 'f'), '');
    await assert.rejects(build({ target: join(root, 'f', 'b'), content: 'x' }), /could not be made/);
    await assert.rejects(build({ target: root, content: 'x' }), /is a folder/);
    assert.deepEqual(readdirSync(root), ['f']);
  });
});
