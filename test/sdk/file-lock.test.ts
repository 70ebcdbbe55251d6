import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { withFileLock } from '../../src/sdk/file-lock.ts';
import { thisProcess } from '../../src/sdk/process-identity.ts';
import { bundleForChild } from '../helpers/child.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

describe('file lock', function () {
  this.timeout(120_000);
  const folder = tempFolders();

  it('lets one holder in at a time and leaves nothing behind', async () => {
    const path = join(folder(), 'x.lock');
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        withFileLock(path, {}, async () => {
          most = Math.max(most, ++inside);
          await new Promise(resolve => setImmediate(resolve));
          inside--;
        }),
      ),
    );
    assert.equal(most, 1);
    assert.deepEqual(readdirSync(join(path, '..')), []);
  });

  it('gives the lock back when the body throws', async () => {
    const path = join(folder(), 'x.lock');
    await assert.rejects(
      withFileLock(path, {}, async () => {
        throw new Error('body');
      }),
      /^Error: body$/,
    );
    assert.equal(await withFileLock(path, {}, async () => 7), 7);
  });

  it('names the holder when it waited too long', async () => {
    const path = join(folder(), 'x.lock');
    await withFileLock(path, {}, async () => {
      await assert.rejects(
        withFileLock(path, { timeout: 50 }, async () => {}),
        new RegExp(`x\\.lock" is held by process ${process.pid} on host .* in 0\\.05 s`),
      );
    });
    assert.deepEqual(readdirSync(join(path, '..')), []);
  });

  it('stops waiting when the signal is aborted', async () => {
    const path = join(folder(), 'x.lock');
    const controller = new AbortController();
    await withFileLock(path, {}, async () => {
      const waiting = withFileLock(path, { signal: controller.signal }, async () => {});
      setTimeout(() => controller.abort(new Error('enough')), 30);
      await assert.rejects(waiting, /^Error: enough$/);
    });
  });

  it('takes over the lock of a process that is gone, or whose pid another one has now', async () => {
    const path = join(folder(), 'x.lock');
    const self = thisProcess();
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    writeFileSync(path, JSON.stringify({ ...self, pid: child.pid, token: 'a' }));
    assert.equal(await withFileLock(path, { timeout: 2000 }, async () => 'gone'), 'gone');
    writeFileSync(path, JSON.stringify({ ...self, startTime: 'another boot/1', token: 'b' }));
    assert.equal(await withFileLock(path, { timeout: 2000 }, async () => 'reused'), 'reused');
  });

  it('takes over a file that Packer left behind', async () => {
    const path = join(folder(), 'x.lock');
    writeFileSync(path, '');
    assert.equal(await withFileLock(path, {}, async () => 'taken'), 'taken');
    assert.equal(existsSync(path), false);
  });

  it('takes over the lock of another host only when nobody tends it', async () => {
    const path = join(folder(), 'x.lock');
    writeFileSync(path, JSON.stringify({ ...thisProcess(), host: 'elsewhere', token: 'a' }));
    await assert.rejects(
      withFileLock(path, { timeout: 300 }, async () => {}),
      /on host elsewhere/,
    );
    assert.ok(existsSync(path));
  });

  it('says what the file system refuses', async () => {
    await assert.rejects(
      withFileLock(join(folder(), 'missing', 'x.lock'), {}, async () => {}),
      /no lock could be taken for it: ".*x\.lock" does not exist/,
    );
  });

  it('excludes 30 processes from each other while a third of them is killed', async () => {
    const root = folder();
    const path = join(root, 'x.lock');
    const log = join(root, 'log');
    const script = await bundleForChild(
      root,
      `
      import { appendFileSync } from 'node:fs';
      import { withFileLock } from './src/sdk/file-lock.ts';
      const [path, log] = process.argv.slice(2);
      for (let turn = 0; turn < 8; turn++)
        await withFileLock(path, {}, async () => {
          appendFileSync(log, 'in ' + process.pid + '\\n');
          await new Promise(resolve => setTimeout(resolve, 2));
          appendFileSync(log, 'out ' + process.pid + '\\n');
        });
      `,
    );
    const children: ChildProcess[] = Array.from({ length: 30 }, () =>
      spawn(process.execPath, [script, path, log], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    const ended = children.map(child => once(child, 'exit'));
    const killed = children.filter((_, index) => index % 3 === 0);
    for (const [index, child] of killed.entries()) setTimeout(() => child.kill('SIGKILL'), 300 + index * 40);
    await Promise.all(ended);
    for (const child of children) if (!killed.includes(child)) assert.equal(child.exitCode, 0);
    // Whoever enters does so after the one before left, or was killed inside.
    const dead = new Set(killed.map(child => String(child.pid)));
    let holder: string | undefined;
    for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
      const [event, pid = ''] = line.split(' ');
      if (event === 'in') {
        assert.ok(holder === undefined || dead.has(holder), `${pid} came in while ${holder} was there`);
        holder = pid;
      } else {
        assert.equal(pid, holder);
        holder = undefined;
      }
    }
    await withFileLock(path, {}, async () => {});
    assert.deepEqual(
      readdirSync(root).filter(name => name.includes('x.lock')),
      [],
    );
  });
});
