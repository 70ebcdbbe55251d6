import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { systemCode } from '../../../sdk/errors.ts';

/** Whose rights count. Root may all. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export const ROOT_IDENTITY: Identity = { uid: 0, gid: 0, groups: [0] };

/** Linux's O_PATH, which Node does not name: a handle to the place only, opened without touching what is there. */
export const O_PATH = 0o10000000;
const MAX_LINKS = 40;

export const READ = 4;
export const WRITE = 2;
export const SEARCH = 1;

/** An error with a system code (`ENOENT` ...), without a path of this host in it. */
export class GuestFileError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.name = 'GuestFileError';
    this.code = code;
  }
}

/** A place in the machine's tree: its folder, its name there, and what is there now. Close it. */
export interface Place {
  /** Path for system calls, valid until closed. */
  readonly path: string;
  /** The path as the machine sees it, free of links. */
  readonly inside: string;
  readonly name: string;
  readonly parentStats: Stats;
  /** Undefined: nothing is there. */
  readonly stats: Stats | undefined;
  /** Path that reaches the very thing found, whatever its name has come to mean since. */
  readonly node: string | undefined;
  close(): Promise<void>;
}

function parts(path: string): string[] {
  if (path.includes('\0')) throw new GuestFileError('EINVAL');
  return path.split('/').filter(part => part !== '' && part !== '.');
}

/** The same error without a path of this host in it. */
export function withoutPath(error: unknown): unknown {
  const code = systemCode(error);
  return code === undefined || error instanceof GuestFileError ? error : new GuestFileError(code);
}

/** Whether the identity has these rights on something with such owner and mode. */
export function allows({ uid, gid, groups }: Identity, stats: Stats, rights: number): boolean {
  if (uid === 0) return true;
  const shift = stats.uid === uid ? 6 : stats.gid === gid || groups.includes(stats.gid) ? 3 : 0;
  return ((stats.mode >> shift) & rights) === rights;
}

/**
 * Walks a path step by step below a root, links resolved against that root. Each step is opened by itself and held, so
 * nothing that is put in the way meanwhile can lead out.
 * @param follow what a link at the very end points to, instead of the link
 */
export async function findPlace(root: FileHandle, identity: Identity, path: string, follow: boolean): Promise<Place> {
  const stack: { handle: FileHandle; name: string; stats: Stats }[] = [];
  const opened = new Set<FileHandle>();
  const closeAll = async (): Promise<void> => {
    await Promise.all([...opened].map(handle => handle.close()));
  };
  try {
    stack.push({ handle: root, name: '', stats: await root.stat() });
    let pending = parts(path);
    let links = 0;
    for (;;) {
      const top = stack.at(-1);
      if (!top) throw new GuestFileError('EINVAL');
      const name = pending.shift();
      const inside = `/${stack
        .slice(1)
        .map(step => step.name)
        .join('/')}`;
      if (name === undefined) {
        const node = `/proc/self/fd/${top.handle.fd}`;
        const parent = stack.at(-2) ?? top;
        return {
          path: node,
          inside,
          name: top.name,
          parentStats: parent.stats,
          stats: top.stats,
          node,
          close: closeAll,
        };
      }
      if (!top.stats.isDirectory()) throw new GuestFileError('ENOTDIR');
      if (!allows(identity, top.stats, SEARCH)) throw new GuestFileError('EACCES');
      if (name === '..') {
        if (stack.length > 1) stack.pop();
        continue;
      }
      const at = `/proc/self/fd/${top.handle.fd}/${name}`;
      const last = pending.length === 0;
      const place = {
        path: at,
        inside: inside === '/' ? `/${name}` : `${inside}/${name}`,
        name,
        parentStats: top.stats,
      };
      let handle: FileHandle;
      try {
        handle = await open(at, O_PATH | constants.O_NOFOLLOW);
      } catch (error) {
        if (last && systemCode(error) === 'ENOENT')
          return { ...place, stats: undefined, node: undefined, close: closeAll };
        throw error;
      }
      opened.add(handle);
      const stats = await handle.stat();
      if (stats.isSymbolicLink() && !(last && !follow)) {
        if (++links > MAX_LINKS) throw new GuestFileError('ELOOP');
        const target = await readlink(at);
        if (target.startsWith('/')) stack.length = 1;
        pending = [...parts(target), ...pending];
      } else if (last) {
        return { ...place, stats, node: `/proc/self/fd/${handle.fd}`, close: closeAll };
      } else {
        stack.push({ handle, name, stats });
      }
    }
  } catch (error) {
    await closeAll();
    throw withoutPath(error);
  }
}
