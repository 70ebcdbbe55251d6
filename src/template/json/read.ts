import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import { describeFileError, systemCode } from '../../sdk/errors.ts';
import type { SourceFile, Span } from '../../sdk/source.ts';
import { nearest } from '../../sdk/suggest.ts';
import { decodeText } from './decode.ts';
import { quoted } from './quote.ts';

/** Larger files are refused: no template comes near it, a disk image given by mistake does. */
export const LARGEST_FILE = 64 * 1024 * 1024;

const CHUNK = 64 * 1024;

export interface ReadOptions {
  /** Gives standard input, for the path `-`. */
  readonly stdin?: (() => Promise<Buffer>) | undefined;
  /** Relative paths start here; the process's own folder when not given. */
  readonly cwd?: string | undefined;
  /** What it is to the user, e.g. `the variable file`; `the template` when not given. */
  readonly what?: string | undefined;
  /** Where its name was written, for complaints about a missing file. */
  readonly from?: Span | undefined;
}

export interface ReadResult {
  /** Absent when the file could not be read or is not text. */
  readonly source?: SourceFile;
  /** It began with a byte order mark, which `source.text` does not have. */
  readonly bom: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a UTF-8 text file, or standard input for `-`; files that are missing, huge or no text give a diagnostic. Never throws. */
export async function readSource(path: string, options: ReadOptions = {}): Promise<ReadResult> {
  const what = options.what ?? 'the template';
  try {
    const bytes = path === '-' ? await readStandardInput(options) : readLimited(resolve(options.cwd ?? '.', path));
    if (!bytes) {
      const limit = `${LARGEST_FILE / 1024 / 1024} MiB`;
      return failed(
        errorAt(options.from, 'file-too-large', `${quoted(path)} is larger than ${limit}, too large to be ${what}`, {
          hint: 'check whether this is the right file',
        }),
      );
    }
    return decodeText(path, bytes, options.from);
  } catch (error) {
    const hint = hintFor(path, options, error);
    return failed(
      errorAt(options.from, 'unreadable-file', `${what} cannot be read: ${describeFileError(path, error)}`, {
        ...(hint && { hint }),
      }),
    );
  }
}

function failed(diagnostic: Diagnostic): ReadResult {
  return { bom: false, diagnostics: [diagnostic] };
}

async function readStandardInput(options: ReadOptions): Promise<Buffer | undefined> {
  const bytes = options.stdin ? await options.stdin() : readAll(0);
  return bytes && bytes.length > LARGEST_FILE ? undefined : bytes;
}

/** The bytes of a file, pipe or device; undefined when there are more than `LARGEST_FILE`. Throws what the system says. */
export function readLimited(path: string): Buffer | undefined {
  const fd = openSync(path, 'r');
  try {
    return fstatSync(fd).size > LARGEST_FILE ? undefined : readAll(fd);
  } finally {
    closeSync(fd);
  }
}

function readAll(fd: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  let total = 0;
  let size = Math.max(CHUNK, fstatSync(fd).size + 1);
  for (;;) {
    const chunk = Buffer.allocUnsafe(size);
    const count = readSync(fd, chunk, 0, size, null);
    if (count === 0) return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, total);
    chunks.push(chunk.subarray(0, count));
    total += count;
    if (total > LARGEST_FILE) return undefined;
    size = CHUNK;
  }
}

function hintFor(path: string, options: ReadOptions, error: unknown): string | undefined {
  if (systemCode(error) !== 'ENOENT') return undefined;
  const folder = dirname(path);
  try {
    const names = readdirSync(resolve(options.cwd ?? '.', folder));
    const wanted = basename(path);
    const near =
      names.find(name => /\.(?:json|hcl)$/.test(name) && name.startsWith(`${wanted}.`)) ?? nearest(wanted, names);
    if (near) return `did you mean "${path.slice(0, path.length - wanted.length)}${near}"?`;
    return folder === '.' ? undefined : `the folder ${quoted(folder)} has no file of that name`;
  } catch {
    return `the folder ${quoted(folder)} does not exist either`;
  }
}
