import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { enterChroot } from '../../src/communicators/index.ts';
import type { Communicator } from '../../src/sdk/communicator.ts';
import { eventually, makeTinyTree } from '../local-ec2/machines/rig.ts';

const never = new AbortController().signal;
const able = process.platform === 'linux' && process.geteuid?.() === 0;

describe(`the chroot communicator (needs Linux and root${able ? '' : ': skipped'})`, function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'kiln-chroot-'));
  const root = join(folder, 'root tree');
  let communicator: Communicator;

  before(async function () {
    if (!able) return this.skip();
    mkdirSync(root);
    makeTinyTree(root);
    const chmod = execFileSync('which', ['chmod'], { encoding: 'utf8' }).trim();
    copyFileSync(chmod, join(root, 'usr/bin/chmod'));
    execFileSync('mknod', ['-m', '666', join(root, 'dev/null'), 'c', '1', '3']);
    // A link that must lead to the image's own file, not to this host's.
    symlinkSync(join(folder, 'outside'), join(root, 'link'));
    mkdirSync(join(root, folder), { recursive: true });
    communicator = await enterChroot({ path: root, wrap: command => `env WRAPPED=yes ${command}` });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (command: string): Promise<{ out: string; err: string; code: number | undefined }> => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const result = await communicator.run(command, {
      signal: never,
      stdout: chunk => out.push(chunk),
      stderr: chunk => err.push(chunk),
    });
    const code = result.kind === 'exit' ? result.code : undefined;
    return { out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString(), code };
  };

  it('runs commands with the image’s own programs, in the wrapper, whatever quotes they hold', async () => {
    assert.equal(communicator.type, 'chroot');
    assert.deepEqual(await run(`echo "it's $WRAPPED" 'a  "b" $X' ; ls / | grep -c link; echo bad >&2; exit 3`), {
      out: 'it\'s yes a  "b" $X\n1\n',
      err: 'bad\n',
      code: 3,
    });
  });

  it('ends the command with its children when it is aborted', async () => {
    const stop = new AbortController();
    const running = communicator.run('sleep 1000 & echo $! >/tmp/pid; wait', { signal: stop.signal });
    while (!existsSync(join(root, 'tmp/pid')) || readFileSync(join(root, 'tmp/pid'), 'utf8') === '')
      await new Promise(resolve => setTimeout(resolve, 10));
    stop.abort(new Error('enough'));
    await assert.rejects(running, /enough/);
    const pid = Number(readFileSync(join(root, 'tmp/pid'), 'utf8'));
    // A child that nobody has buried yet has ended too.
    const alive = (): boolean => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    await eventually('the child has ended', () => !alive());
  });

  it('uploads and downloads files with mode and content', async () => {
    const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, index) => index % 251));
    const local = join(folder, 'a file');
    writeFileSync(local, bytes, { mode: 0o750 });
    let done = 0;
    await communicator.upload({ path: local }, '/root/a file', {
      signal: never,
      progress: now => {
        done = now;
      },
    });
    assert.equal(done, bytes.length);
    assert.deepEqual(readFileSync(join(root, 'root/a file')), bytes);
    assert.equal(statSync(join(root, 'root/a file')).mode & 0o777, 0o750);
    await communicator.upload({ path: local }, '/root', { signal: never });
    await communicator.upload({ content: 'text' }, '/root/text', { signal: never, mode: 0o600 });
    assert.equal(statSync(join(root, 'root/text')).mode & 0o777, 0o600);
    await communicator.download('/root/a file', join(folder, 'back'), { signal: never });
    assert.deepEqual(readFileSync(join(folder, 'back')), bytes);
  });

  it('follows links inside the image only', async () => {
    await communicator.upload({ content: 'inside' }, '/link', { signal: never });
    assert.equal(existsSync(join(folder, 'outside')), false);
    assert.equal(readFileSync(join(root, folder, 'outside'), 'utf8'), 'inside');
    await communicator.download('/link', join(folder, 'link-back'), { signal: never });
    assert.equal(readFileSync(join(folder, 'link-back'), 'utf8'), 'inside');
  });

  it('uploads and downloads folders', async () => {
    const source = join(folder, 'things');
    mkdirSync(join(source, 'deep'), { recursive: true });
    writeFileSync(join(source, 'one'), '1');
    writeFileSync(join(source, 'deep/.two'), '2');
    await communicator.uploadFolder(source, '/root', { signal: never });
    await communicator.uploadFolder(`${source}/`, '/tmp', { signal: never });
    assert.equal(readFileSync(join(root, 'root/things/deep/.two'), 'utf8'), '2');
    assert.equal(readFileSync(join(root, 'tmp/one'), 'utf8'), '1');
    await communicator.downloadFolder('/root/things', join(folder, 'got'), { signal: never });
    assert.deepEqual(readdirSync(join(folder, 'got/things')).sort(), ['deep', 'one']);
    assert.equal(readFileSync(join(folder, 'got/things/deep/.two'), 'utf8'), '2');
  });

  it('says what failed, and leaves no half file', async () => {
    const upload = communicator.upload({ content: 'x' }, '/no/such/folder/x', { signal: never });
    await assert.rejects(upload, /"\/no\/such\/folder\/x" in the chroot cannot be written: .*/);
    const target = join(folder, 'none');
    await assert.rejects(
      communicator.download('/none', target, { signal: never }),
      /"\/none" in the chroot cannot be read/,
    );
    assert.equal(existsSync(target), false);
  });
});
