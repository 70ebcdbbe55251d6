import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { inBlocks, inOrder, parallelBlocks } from './blocks.ts';
import type { Bytes } from './source.ts';

const deflateRaw = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

const BLOCK_SIZE = 1024 * 1024;
/** How far back deflate may refer. */
const WINDOW = 32 * 1024;

interface Piece {
  readonly block: Buffer;
  readonly dictionary: Buffer | undefined;
}

/**
 * A gzip stream (RFC 1952) of one member, whose blocks are compressed side by side: each ends at a byte boundary and
 * starts from the last 32 KiB of the block before it, so nothing is lost against a single run. Same input, same output.
 */
export async function* gzip(source: Bytes, level: number): AsyncGenerator<Buffer> {
  let crc = 0;
  let size = 0;
  async function* pieces(): AsyncGenerator<Piece> {
    let before: Buffer | undefined;
    for await (const block of inBlocks(source, BLOCK_SIZE)) {
      crc = zlib.crc32(block, crc);
      size += block.length;
      yield { block, dictionary: before?.subarray(-WINDOW) };
      before = block;
    }
  }
  yield header(level);
  yield* inOrder(pieces(), parallelBlocks(), ({ block, dictionary }) =>
    deflateRaw(block, {
      level,
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      // One call per block instead of one for every 16 KiB of output.
      chunkSize: BLOCK_SIZE + WINDOW,
      ...(dictionary && { dictionary }),
    }),
  );
  // An empty last block of fixed codes, which ends the deflate stream, then the check values.
  const end = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  end.writeUInt32LE(crc, 2);
  end.writeUInt32LE(size % 2 ** 32, 6);
  yield end;
}

/** No name and no time, so that equal contents give equal archives; the operating system counts as unknown. */
function header(level: number): Buffer {
  const effort = level === 9 ? 2 : level === 1 ? 4 : 0;
  return Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, effort, 255]);
}
