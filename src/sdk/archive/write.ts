import type { FileHandle } from 'node:fs/promises';
import type { Bytes } from './source.ts';

/** Writes a whole stream to an open file. Throws the signal's reason once it is aborted. */
export async function writeAll(file: FileHandle, bytes: Bytes, signal: AbortSignal): Promise<void> {
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    // A full disk may take a part of the bytes before it refuses the rest.
    for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
  }
}
