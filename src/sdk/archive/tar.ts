import type { Stats } from 'node:fs';
import type { EntryData } from 'archiver';
import { archived, type Entry } from './entries.ts';
import type { ReadOptions } from './source.ts';

/** The largest owner number that fits into the field of a plain tar header. */
const LARGEST_PLAIN_ID = 0o777_777;

/**
 * A tar stream of the entries, in order: mode and owner kept, all times zero so that equal contents give equal archives.
 * Names or numbers too long for the old header go into a pax header, which every current tar reads.
 */
export async function* tar(entries: readonly Entry[], options: ReadOptions): AsyncGenerator<Buffer> {
  const { TarArchive } = await import('archiver');
  yield* archived(new TarArchive(), entries, header, options);
}

function header(entry: Entry): EntryData {
  const { from } = entry;
  const owned = 'content' in from ? { mode: 0o644, uid: 0, gid: 0, size: from.content.length } : from;
  const pax = {
    ...(owned.uid > LARGEST_PLAIN_ID && { uid: owned.uid }),
    ...(owned.gid > LARGEST_PLAIN_ID && { gid: owned.gid }),
  };
  const data = {
    name: entry.name,
    date: new Date(0),
    mode: owned.mode & 0o7777,
    uid: Math.min(owned.uid, LARGEST_PLAIN_ID),
    gid: Math.min(owned.gid, LARGEST_PLAIN_ID),
    ...(Object.keys(pax).length > 0 && { pax: { ...pax, path: entry.name } }),
    // The archiver streams an entry only when it knows its size from here; else it gathers it in memory.
    stats: { size: owned.size, mode: owned.mode } as Stats,
  };
  return data;
}
