import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { orAborted } from '../../sdk/async.ts';
import type { TransferOptions } from '../../sdk/communicator.ts';
import { describeFileError, KilnError } from '../../sdk/errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { Sftp } from './sftp.ts';

/** Requests under way at once: with pieces of 32 to 64 KiB enough to fill any line, and the memory one transfer takes. */
const PARALLEL = 32;

/** Uploads one file: read in order, written in parallel, in constant memory. Closes the source. */
export async function uploadFile(
  sftp: Sftp,
  source: ByteSource,
  target: string,
  options: TransferOptions,
): Promise<void> {
  const { signal, progress } = options;
  const mode = options.mode ?? source.mode;
  try {
    signal.throwIfAborted();
    const handle = await orAborted(sftp.openFile(target, 'w', mode), signal);
    try {
      await sftp.setMode(target, handle, mode);
      const size = sftp.pieceSize;
      let done = 0;
      let position = 0;
      await inParallel(signal, async () => {
        const piece = Buffer.allocUnsafe(size);
        const length = await source.read(piece);
        if (length === 0) return undefined;
        const start = position;
        position += length;
        return async () => {
          await sftp.write(target, handle, piece.subarray(0, length), start);
          done += length;
          progress?.(done, source.total);
        };
      });
    } catch (error) {
      await abandon(sftp, target, handle, signal);
      throw error;
    }
    await orAborted(sftp.closeFile(target, handle), signal);
  } finally {
    await source.close();
  }
}

/** Downloads one file: read in parallel, in constant memory. A file left incomplete by an error is removed. */
export async function downloadFile(
  sftp: Sftp,
  source: string,
  target: string,
  options: TransferOptions,
): Promise<void> {
  const { signal } = options;
  signal.throwIfAborted();
  const stats = await orAborted(sftp.stat(source), signal);
  if (!stats)
    throw new KilnError(`cannot download "${source}": it does not exist on the machine`, { code: 'remote-file' });
  if (stats.kind === 'folder')
    throw new KilnError(`cannot download "${source}": it is a folder on the machine`, {
      code: 'remote-file',
      hint: `write the source as "${source.replace(/\/*$/, '/')}" to download the folder`,
    });
  const handle = await sftp.openFile(source, 'r');
  let file: FileHandle | undefined;
  try {
    file = await open(target, 'w', options.mode ?? 0o644);
    await readPieces(sftp, source, handle, file, stats.size, options);
    await file.close();
    file = undefined;
  } catch (error) {
    await file?.close().catch(() => {});
    if (file) await rm(target, { force: true }).catch(() => {});
    throw error instanceof KilnError || signal.aborted
      ? error
      : new KilnError(describeFileError(target, error), { cause: error });
  } finally {
    await abandon(sftp, source, handle, signal);
  }
}

async function readPieces(
  sftp: Sftp,
  source: string,
  handle: Buffer,
  file: FileHandle,
  size: number,
  { signal, progress }: TransferOptions,
): Promise<void> {
  const pieceSize = sftp.pieceSize;
  let done = 0;
  let next = 0;
  const readPiece = async (start: number, length: number): Promise<number> => {
    const piece = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = await sftp.read(source, handle, piece.subarray(filled), start + filled);
      if (count === 0) break;
      filled += count;
    }
    await writeAll(file, piece.subarray(0, filled), start);
    done += filled;
    if (filled > 0) progress?.(done, size || undefined);
    return filled;
  };
  await inParallel(signal, async () => {
    if (next >= size) return undefined;
    const start = next;
    const length = Math.min(pieceSize, size - start);
    next += length;
    return async () => {
      await readPiece(start, length);
    };
  });
  // What grew meanwhile, and files such as those in /proc that claim to be empty.
  for (let at = size; !signal.aborted; ) {
    const count = await orAborted(readPiece(at, pieceSize), signal);
    if (count === 0) break;
    at += count;
  }
  signal.throwIfAborted();
}

async function writeAll(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let at = 0; at < data.length; ) {
    const { bytesWritten } = await file.write(data, at, data.length - at, position + at);
    at += bytesWritten;
  }
}

/** Takes jobs one after another and keeps up to PARALLEL of them running; ends with the first failure. */
async function inParallel(
  signal: AbortSignal,
  nextJob: () => Promise<(() => Promise<void>) | undefined>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  for (;;) {
    signal.throwIfAborted();
    const job = await nextJob();
    if (!job || failure) break;
    const task: Promise<void> = job()
      .catch(error => {
        failure ??= { error };
      })
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= PARALLEL) await orAborted(Promise.race(running), signal);
  }
  await orAborted(Promise.all(running), signal);
  if (failure) throw failure.error;
  signal.throwIfAborted();
}

/** Closes a handle. After an abort the server may never answer: then the whole session goes, and a new one is opened when needed. */
async function abandon(sftp: Sftp, path: string, handle: Buffer, signal: AbortSignal): Promise<void> {
  if (signal.aborted) sftp.close();
  else if (sftp.open) await sftp.closeFile(path, handle).catch(() => {});
}
