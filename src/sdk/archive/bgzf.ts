import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { inBlocks, inOrder, parallelBlocks } from './blocks.ts';
import type { Bytes } from './source.ts';

const deflateRaw = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** Input bytes of one block (SAM specification, 4.1): even incompressible ones then fit into 64 KiB. */
const BLOCK_SIZE = 0xff00;
/** Header with the extra field "BC" that holds the block's size, and the check values at its end. */
const OVERHEAD = 18 + 8;

/** The empty block that marks the end of a complete file (SAM specification, 4.1.2). */
const END = Buffer.from('1f8b08040000000000ff0600424302001b0003000000000000000000', 'hex');

/** A blocked gzip file: independent gzip members of at most 64 KiB, so that readers can start at any of them. */
export async function* bgzf(source: Bytes, level: number): AsyncGenerator<Buffer> {
  yield* inOrder(inBlocks(source, BLOCK_SIZE), parallelBlocks(), block => member(block, level));
  yield END;
}

async function member(block: Buffer, level: number): Promise<Buffer> {
  const body = await deflateRaw(block, { level, chunkSize: 2 ** 16 });
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 0x42, 0x43, 2, 0, 0, 0]);
  head.writeUInt16LE(body.length + OVERHEAD - 1, 16);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(zlib.crc32(block), 0);
  tail.writeUInt32LE(block.length, 4);
  return Buffer.concat([head, body, tail]);
}
