import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { formatLocation } from '../../../src/sdk/source.ts';
import { readSource } from '../../../src/template/json/read.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

describe('template/json: reading files', () => {
  const folder = tempFolders();

  const complaint = async (path: string, cwd?: string) => {
    const { source, diagnostics } = await readSource(path, { cwd });
    assert.equal(source, undefined);
    assert.equal(diagnostics.length, 1);
    const [first] = diagnostics;
    assert.ok(first);
    return first;
  };
  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder(), name);
    writeFileSync(path, content);
    return path;
  };

  it('gives the text and keeps the path as written', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'a.json'), '{"é": "\r\n"}');
    const { source, bom, diagnostics } = await readSource('./a.json', { cwd });
    assert.deepEqual(
      { source, bom, diagnostics },
      { source: { path: './a.json', text: '{"é": "\r\n"}' }, bom: false, diagnostics: [] },
    );
  });

  it('takes off a byte order mark and tells of it', async () => {
    const { source, bom } = await readSource(file('a.json', '\ufeff{}'));
    assert.equal(source?.text, '{}');
    assert.equal(bom, true);
  });

  it('reads an empty file as empty text', async () => {
    assert.equal((await readSource(file('a.json', ''))).source?.text, '');
  });

  it('reads standard input for -', async () => {
    const { source } = await readSource('-', { stdin: async () => Buffer.from('{}') });
    assert.deepEqual(source, { path: '-', text: '{}' });
  });

  it('reads a pipe, as in <(jq ...)', async () => {
    const path = join(folder(), 'pipe');
    execFileSync('mkfifo', [path]);
    const { spawn } = await import('node:child_process');
    const writer = spawn('sh', ['-c', 'printf "{\\"a\\": 1}" > "$0"', path]);
    const { source } = await readSource(path);
    assert.equal(source?.text, '{"a": 1}');
    if (writer.exitCode === null) await new Promise(resolve => writer.once('exit', resolve));
  });

  it('names the nearest file when there is none of that name', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'x'));
    writeFileSync(join(cwd, 'x', 'web-server.json'), '{}');
    const misspelt = await complaint('x/web-sever.json', cwd);
    assert.equal(misspelt.message, 'the template cannot be read: "x/web-sever.json" does not exist');
    assert.equal(misspelt.hint, 'did you mean "x/web-server.json"?');
    assert.equal((await complaint('x/web-server', cwd)).hint, 'did you mean "x/web-server.json"?');
    assert.equal((await complaint('x/other', cwd)).hint, 'the folder "x" has no file of that name');
    assert.equal((await complaint('y/web.json', cwd)).hint, 'the folder "y" does not exist either');
  });

  it('tells of a folder, a loop of links and a file in the path', async () => {
    const cwd = folder();
    symlinkSync('loop', join(cwd, 'loop'));
    writeFileSync(join(cwd, 'file'), '');
    assert.match((await complaint('.', cwd)).message, /is a folder, not a file/);
    assert.match((await complaint('loop', cwd)).message, /loop of symbolic links/);
    assert.match((await complaint('file/a.json', cwd)).message, /is a file, not a folder/);
    assert.match((await complaint('a\0b', cwd)).message, /cannot be read/);
  });

  it('tells of a file that this user may not read (skipped for root)', async function () {
    if (process.getuid?.() === 0) this.skip();
    const path = file('a.json', '{}');
    chmodSync(path, 0);
    assert.match((await complaint(path)).message, /may not be read/);
  });

  it('refuses more than 64 MiB, also from a device without a size', async () => {
    const path = join(folder(), 'disk.img');
    closeSync(openSync(path, 'w'));
    truncateSync(path, 64 * 1024 * 1024 + 1);
    assert.equal((await complaint(path)).code, 'file-too-large');
    assert.equal((await complaint('/dev/zero')).code, 'file-too-large');
  });

  it('names UTF-16 and UTF-32', async () => {
    const utf16 = Buffer.from('{"a": 1}', 'utf16le');
    for (const content of [Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), utf16, Buffer.from(utf16).swap16()]) {
      const found = await complaint(file('a.json', content));
      assert.match(found.message, /is UTF-16 text, not UTF-8/);
      assert.match(found.hint ?? '', /iconv/);
    }
    const utf32 = Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0]);
    assert.match((await complaint(file('a.json', utf32))).message, /is UTF-32 text/);
  });

  it('points at the first byte that is not UTF-8', async () => {
    const found = await complaint(file('a.json', Buffer.from('{\n"é": "caf\xe9"}', 'latin1').fill(0x78, 3, 4)));
    assert.match(found.message, /0xE9 \(in Latin-1: é\)/);
    assert.ok(found.span);
    assert.match(formatLocation(found.span), /a\.json:2:10$/);
  });

  it('points at a sequence that breaks off at the end, and past whole ones before it', async () => {
    const found = await complaint(file('a.json', Buffer.concat([Buffer.from('"é😀'), Buffer.from([0xe2, 0x82])])));
    assert.ok(found.span);
    assert.match(formatLocation(found.span), /a\.json:1:5$/);
    assert.match(found.message, /0xE2/);
  });

  it('names archives and other binary files', async () => {
    assert.match((await complaint(file('a.json', Buffer.from('1f8b08000000', 'hex')))).message, /is a gzip archive/);
    assert.match((await complaint(file('a.json', Buffer.from('7f454c460201', 'hex')))).message, /is a program/);
    assert.equal((await complaint(file('a.json', '{"a": "\0"}'))).code, 'binary-file');
    assert.equal((await complaint(file('a.json', Buffer.from([1, 2, 0, 0xff])))).code, 'binary-file');
  });
});
