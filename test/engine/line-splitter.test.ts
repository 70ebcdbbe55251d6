import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { LineSplitter } from '../../src/engine/line-splitter.ts';
import { createMasker } from '../../src/template/variables/secrets.ts';

function split(...chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter(line => lines.push(line));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk as string));
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it('joins pieces of a line', () => assert.deepEqual(split('a', 'b\nc'), ['ab', 'c']));
  it('keeps empty lines', () => assert.deepEqual(split('a\n\nb\n'), ['a', '', 'b']));
  it('drops carriage returns at line ends', () => assert.deepEqual(split('a\r\nb\r\n'), ['a', 'b']));
  it('keeps the last state of an overwritten line', () => assert.deepEqual(split('10%\r50%\r100%\n'), ['100%']));
  it('does not break characters that are cut in two', () => {
    const bytes = Buffer.from('é\n');
    assert.deepEqual(split(bytes.subarray(0, 1), bytes.subarray(1)), ['é']);
  });
  it('gives up waiting for the end of an endless line', () => {
    const lines = split('x'.repeat(3 << 20));
    assert.equal(lines.join('').length, 3 << 20);
    assert.ok(lines.length >= 1);
  });
  it('does not cut a secret in two when it gives up, wherever it stands', () => {
    const secret = 's3cret'.repeat(50);
    const mask = createMasker([secret]);
    for (const before of [(1 << 20) - 70_000, (1 << 20) - 65_536 - 150, (1 << 20) - 65_400, (1 << 20) - 150, 1 << 20]) {
      const shown: string[] = [];
      const splitter = new LineSplitter(line => shown.push(mask(line)), mask);
      const text = `${'x'.repeat(before)}${secret}${'y'.repeat(200_000)}`;
      for (let at = 0; at < text.length; at += 60_000) splitter.write(Buffer.from(text.slice(at, at + 60_000)));
      splitter.end();
      assert.ok(shown.length > 1);
      assert.equal(shown.join(''), `${'x'.repeat(before)}<sensitive>${'y'.repeat(200_000)}`);
    }
  });
});
