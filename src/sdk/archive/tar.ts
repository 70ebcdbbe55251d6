import { constants } from 'node:fs';
import { type Bytes, type Entry, fileBytes, type ReadOptions } from './source.ts';

const BLOCK = 512;
/** Bytes of a name that fit into a header. */
const NAME_LENGTH = 100;
const PERMISSIONS = constants.S_IRWXU | constants.S_IRWXG | constants.S_IRWXO | 0o7000;

/**
 * A tar stream of the entries, in order, in GNU's format: mode and owner kept, all times zero so that equal contents give
 * equal archives. Written here, not by the archiver package: that one's tar cannot be stopped halfway (a full disk, an
 * interrupt) without errors nobody can catch, and knows only the POSIX format.
 */
export async function* tar(entries: readonly Entry[], options: ReadOptions): AsyncGenerator<Buffer> {
  for (const { name, from } of entries) {
    options.signal.throwIfAborted();
    const owned = 'content' in from ? { mode: 0o644, uid: 0, gid: 0, size: from.content.length } : from;
    const bytes = Buffer.from(name);
    if (bytes.length > NAME_LENGTH) yield longName(bytes);
    yield header({ ...owned, name: bytes, type: '0' });
    const content: Bytes | readonly Buffer[] =
      'content' in from ? [from.content] : fileBytes(from.path, from.size, options);
    yield* content;
    yield padding(owned.size);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** An entry of its own that carries the whole name of the next one. */
function longName(name: Buffer): Buffer {
  const size = name.length + 1;
  const head = header({ name: Buffer.from('././@LongLink'), mode: 0, uid: 0, gid: 0, size, type: 'L' });
  return Buffer.concat([head, name, Buffer.alloc(1), padding(size)]);
}

interface Header {
  readonly name: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly type: '0' | 'L';
}

/** One header block (GNU tar manual, "Basic Tar Format"). */
function header({ name, mode, uid, gid, size, type }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  name.copy(block, 0, 0, NAME_LENGTH);
  writeNumber(block, 100, 8, mode & PERMISSIONS);
  writeNumber(block, 108, 8, uid);
  writeNumber(block, 116, 8, gid);
  writeNumber(block, 124, 12, size);
  writeNumber(block, 136, 12, 0);
  // The checksum counts its own field as blanks.
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar  \0', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Octal digits with a final NUL; what does not fit is written in base 256, marked by the highest bit. */
function writeNumber(block: Buffer, offset: number, length: number, value: number): void {
  const digits = value.toString(8).padStart(length - 1, '0');
  if (digits.length < length) {
    block.write(digits, offset);
    return;
  }
  let rest = value;
  for (let at = offset + length - 1; at > offset; at--) {
    block[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  block[offset] = 0x80;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
