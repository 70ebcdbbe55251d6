import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { followLinks, removeLeftovers, replaceFile } from '../../src/sdk/replace-file.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

describe('replacing a file', () => {
  const folder = tempFolders();

  it('leaves the old one untouched, and nothing else, when writing fails', async () => {
    const root = folder();
    const path = join(root, 'a');
    writeFileSync(path, 'old');
    await assert.rejects(
      replaceFile(path, async file => {
        await file.writeFile('half of it');
        throw new Error('power cut');
      }),
      /^Error: power cut$/,
    );
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(readdirSync(root), ['a']);
  });

  it('keeps the mode of an old file, and gives a new one the mode asked for', async () => {
    const path = join(folder(), 'a');
    await replaceFile(path, file => file.writeFile('1'), { mode: 0o600 });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    chmodSync(path, 0o751);
    await replaceFile(path, file => file.writeFile('2'), { mode: 0o600 });
    assert.equal(statSync(path).mode & 0o777, 0o751);
    assert.equal(readFileSync(path, 'utf8'), '2');
  });

  it('follows links, chains and links to nothing included', async () => {
    const root = folder();
    mkdirSync(join(root, 'x'));
    symlinkSync('b', join(root, 'a'));
    symlinkSync('x/c', join(root, 'b'));
    await replaceFile(join(root, 'a'), file => file.writeFile('new'));
    assert.equal(readFileSync(join(root, 'x', 'c'), 'utf8'), 'new');
    assert.equal(await followLinks(join(root, 'a')), join(root, 'x', 'c'));
    symlinkSync('loop', join(root, 'loop'));
    await assert.rejects(
      replaceFile(join(root, 'loop'), file => file.writeFile('')),
      /loop of symbolic links/,
    );
  });

  it('does not put a file in the place of a folder or a pipe', async () => {
    const root = folder();
    await assert.rejects(
      replaceFile(root, file => file.writeFile('')),
      /is a folder, so no file can be written there/,
    );
    const pipe = join(root, 'pipe');
    if (spawnSync('mkfifo', [pipe]).status !== 0) return;
    await assert.rejects(
      replaceFile(pipe, file => file.writeFile('')),
      /is not a regular file/,
    );
    assert.ok(statSync(pipe).isFIFO());
  });

  it('works with names of the greatest length', async () => {
    const root = folder();
    const name = 'n'.repeat(255);
    await replaceFile(join(root, name), file => file.writeFile('x'));
    await removeLeftovers(join(root, name));
    assert.deepEqual(readdirSync(root), [name]);
  });
});
