import { type FileHandle, open } from 'node:fs/promises';
import { describeFileError, KilnError } from '../../sdk/errors.ts';

/** Where an upload's bytes come from, read in order. */
export interface ByteSource {
  readonly total: number | undefined;
  readonly mode: number;
  /** Fills the buffer as far as it can; 0 at the end. */
  read(into: Buffer): Promise<number>;
  close(): Promise<void>;
}

/** Opens a local file as a source. Throws a KilnError that names it. */
export async function fileSource(path: string): Promise<ByteSource> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const handle = file;
    const stats = await handle.stat();
    if (stats.isDirectory()) throw Object.assign(new Error('folder'), { code: 'EISDIR' });
    return {
      total: stats.isFile() ? stats.size : undefined,
      mode: stats.mode & 0o7777,
      read: async into => (await handle.read(into, 0, into.length, null)).bytesRead,
      close: () => handle.close(),
    };
  } catch (error) {
    await file?.close();
    throw new KilnError(describeFileError(path, error), { cause: error });
  }
}

/** A text or bytes as a source. */
export function contentSource(content: Buffer | string): ByteSource {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  let at = 0;
  return {
    total: bytes.length,
    mode: 0o644,
    read: async into => {
      const count = bytes.copy(into, 0, at);
      at += count;
      return count;
    },
    close: async () => {},
  };
}
