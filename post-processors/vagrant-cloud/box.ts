import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { Bytes } from '../../src/sdk/archive/source.ts';
import { KilnError, messageOf } from '../../src/sdk/errors.ts';

export interface BoxMetadata {
  readonly provider: string | undefined;
  readonly architecture: string | undefined;
}

const BLOCK = 512;
/** No metadata.json is this long; whatever claims to be is not one. */
const LONGEST = 1_000_000;

/** Reads metadata.json out of a box, a tar file, gzipped or not. Throws KilnError when there is none. */
export async function readBoxMetadata(path: string, signal: AbortSignal): Promise<BoxMetadata> {
  let text: string | undefined;
  try {
    text = await readMember(path, 'metadata.json', signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new KilnError(`the box "${path}" could not be read: ${messageOf(error)}`, { cause: error });
  }
  if (text === undefined) throw new KilnError(`the box "${path}" holds no metadata.json`);
  try {
    const { provider, architecture } = JSON.parse(text) as Record<string, unknown>;
    return { provider: nonEmpty(provider), architecture: nonEmpty(architecture) };
  } catch (error) {
    throw new KilnError(`the metadata.json of the box "${path}" is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function readMember(path: string, name: string, signal: AbortSignal): Promise<string | undefined> {
  const zipped = await isGzip(path);
  const input = createReadStream(path, { signal });
  if (!zipped) return findMember(input, name);
  const unzipped = createGunzip();
  input.on('error', error => unzipped.destroy(error));
  try {
    // Not a pipeline: that one counts it as a failure when the reader has seen enough.
    return await findMember(input.pipe(unzipped), name);
  } finally {
    input.destroy();
    unzipped.destroy();
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await file.close();
  }
}

/** Walks through a tar stream to the member of that name. The rest of the stream is left unread. */
async function findMember(bytes: Bytes, wanted: string): Promise<string | undefined> {
  let held = Buffer.alloc(0);
  /** Bytes of members that are of no interest, still to come. */
  let skip = 0;
  for await (const chunk of bytes) {
    const fresh = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - fresh.length;
    held = Buffer.concat([held, fresh]);
    while (skip === 0 && held.length >= BLOCK) {
      if (held[0] === 0) return undefined;
      const name = held.toString('utf8', 0, 100).replace(/\0.*$/s, '').replace(/^\.\//, '');
      const size = Number.parseInt(held.toString('latin1', 124, 136), 8) || 0;
      if (name === wanted && size < LONGEST) {
        if (held.length < BLOCK + size) break;
        return held.toString('utf8', BLOCK, BLOCK + size);
      }
      const length = BLOCK + Math.ceil(size / BLOCK) * BLOCK;
      skip = Math.max(0, length - held.length);
      held = held.subarray(Math.min(length, held.length));
    }
  }
  return undefined;
}
