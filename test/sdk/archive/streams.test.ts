import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { inBlocks, inOrder } from '../../../src/sdk/archive/blocks.ts';
import { bgzf, gzip, throughTool } from '../../../src/sdk/archive/index.ts';
import { hasTool, runTool } from '../../helpers/tools.ts';

async function* chunksOf(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

/** Text that compresses well, then noise that does not. */
function sample(length: number): Buffer {
  const noise = randomBytes(Math.ceil(length / 2));
  const text = Buffer.from('the same line again and again\n'.repeat(Math.ceil(length / 60) + 1));
  return Buffer.concat([text.subarray(0, length - noise.length), noise]);
}

const MiB = 2 ** 20;

describe('archive streams', () => {
  it('cuts any chunks into blocks of the size asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 })),
        fc.integer({ min: 1, max: 17 }),
        async (chunks, size) => {
          const blocks: Buffer[] = [];
          async function* source(): AsyncGenerator<Buffer> {
            for (const chunk of chunks) yield Buffer.from(chunk);
          }
          for await (const block of inBlocks(source(), size)) blocks.push(block);
          assert.deepEqual(Buffer.concat(blocks), Buffer.concat(chunks));
          assert.ok(blocks.slice(0, -1).every(block => block.length === size));
          assert.ok(blocks.every(block => block.length > 0 && block.length <= size));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps the order, works on several items at once and never on too many', async () => {
    let underWay = 0;
    let most = 0;
    async function* numbers(): AsyncGenerator<number> {
      for (let number = 0; number < 40; number++) yield number;
    }
    const results: number[] = [];
    for await (const result of inOrder(numbers(), 3, async item => {
      most = Math.max(most, ++underWay);
      await new Promise(resolve => setTimeout(resolve, (item * 7) % 5));
      underWay--;
      return item;
    }))
      results.push(result);
    assert.deepEqual(
      results,
      Array.from({ length: 40 }, (_, index) => index),
    );
    assert.ok(most > 1 && most <= 4, `${most} at once`);
  });

  for (const length of [0, 1, 1000, MiB - 1, MiB, MiB + 1, 5 * MiB + 12_345])
    it(`gzip of ${length} bytes is read by Node and by gzip`, async () => {
      const data = length === 1 ? Buffer.from('x') : sample(length);
      const packed = await collect(gzip(chunksOf(data, 100_000), 6));
      assert.ok(gunzipSync(packed).equals(data));
      if (hasTool('gzip')) {
        runTool('gzip', ['-t'], packed);
        assert.ok(runTool('gzip', ['-dc'], packed).equals(data));
      }
    });

  it('gzip gives the same bytes for the same input, and uses what it saw in the block before', async () => {
    const data = sample(3 * MiB);
    const digest = async (chunk: number): Promise<string> =>
      createHash('sha256')
        .update(await collect(gzip(chunksOf(data, chunk), 6)))
        .digest('hex');
    assert.equal(await digest(1000), await digest(70_000));
    // 20 KiB of noise again and again: only with the window of the block before does its first copy cost nothing.
    const noise = randomBytes(20_000);
    const repeated = Buffer.concat(Array.from({ length: 160 }, () => noise));
    const packed = await collect(gzip(chunksOf(repeated, 65_536), 9));
    assert.ok(packed.length < 3 * noise.length, `${packed.length} bytes`);
  });

  for (const length of [0, 1, 0xff00, 0xff01, 700_000])
    it(`bgzf of ${length} bytes: members of at most 64 KiB that say their size, and the end mark`, async () => {
      const data = length === 1 ? Buffer.from('x') : randomBytes(length);
      const packed = await collect(bgzf(chunksOf(data, 30_000), 6));
      assert.ok(gunzipSync(packed).equals(data));
      let at = 0;
      let members = 0;
      for (; at < packed.length; members++) {
        assert.equal(packed.readUInt32LE(at), 0x04088b1f);
        assert.equal(packed.toString('latin1', at + 12, at + 14), 'BC');
        at += packed.readUInt16LE(at + 16) + 1;
      }
      assert.equal(at, packed.length);
      assert.equal(members, Math.ceil(length / 0xff00) + 1);
      if (hasTool('gzip')) runTool('gzip', ['-t'], packed);
    });

  it('passes on what the source throws, wherever it throws', async () => {
    for (const after of [0, 1, 6]) {
      async function* source(): AsyncGenerator<Buffer> {
        for (let index = 0; index < after; index++) yield randomBytes(MiB);
        throw new Error('disk broken');
      }
      await assert.rejects(collect(gzip(source(), 6)), /disk broken/);
      await assert.rejects(collect(bgzf(source(), 6)), /disk broken/);
    }
  });

  describe('through a program', () => {
    const { signal } = new AbortController();

    it('gives its output, larger than any pipe', async () => {
      const data = randomBytes(3 * MiB);
      assert.ok((await collect(throughTool('cat', [], chunksOf(data, 50_000), signal))).equals(data));
    });

    it('says what it printed when it fails', async () => {
      const failing = throughTool('sh', ['-c', 'echo no room >&2; exit 3'], chunksOf(randomBytes(MiB), 1000), signal);
      await assert.rejects(collect(failing), /^KilnError: "sh" failed \(exit code 3\): no room$/);
    });

    it('says when it is not there', async () => {
      await assert.rejects(
        collect(throughTool('no-such-program', [], chunksOf(Buffer.from('x'), 1), signal)),
        /"no-such-program" could not be started: it is not on the PATH/,
      );
    });

    it('passes on what its input throws, and ends it when aborted', async () => {
      async function* broken(): AsyncGenerator<Buffer> {
        yield Buffer.from('x');
        throw new Error('disk broken');
      }
      await assert.rejects(collect(throughTool('cat', [], broken(), signal)), /disk broken/);
      const controller = new AbortController();
      async function* endless(): AsyncGenerator<Buffer> {
        for (;;) yield randomBytes(1000);
      }
      setTimeout(() => controller.abort(new Error('enough')), 50);
      await assert.rejects(collect(throughTool('cat', [], endless(), controller.signal)), /enough/);
    });
  });
});
