import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  type FileHandle,
  lchown,
  link,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';
import { systemCode } from '../../../sdk/errors.ts';
import {
  allows,
  findPlace,
  GuestFileError,
  type Identity,
  O_PATH,
  type Place,
  READ,
  ROOT_IDENTITY,
  SEARCH,
  WRITE,
  withoutPath,
} from './places.ts';

export { GuestFileError, type Identity, type Place, READ, ROOT_IDENTITY, SEARCH, WRITE } from './places.ts';

/**
 * The files of a running machine, seen from outside. Every step of a path is opened by itself and links are resolved
 * against the machine's own root, so nothing the machine puts in the way can lead out of it.
 */
export class GuestFiles {
  readonly #root: FileHandle;
  readonly identity: Identity;

  private constructor(root: FileHandle, identity: Identity) {
    this.#root = root;
    this.identity = identity;
  }

  /** @param root path of the machine's root as this host sees it, e.g. `/proc/PID/root` */
  static async open(root: string): Promise<GuestFiles> {
    return new GuestFiles(await open(root, O_PATH | constants.O_DIRECTORY), ROOT_IDENTITY);
  }

  /** The same files with another's rights. Do not close it: it shares the root. */
  as(identity: Identity): GuestFiles {
    return new GuestFiles(this.#root, identity);
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  /** Whether the identity has these rights on something with such owner and mode. */
  allows(stats: Stats, rights: number): boolean {
    return allows(this.identity, stats, rights);
  }

  /** Throws unless names in that folder may be made and removed; `victim`: the thing whose name goes. */
  checkChange(place: Place, victim = place.stats): void {
    const { uid } = this.identity;
    if (!this.allows(place.parentStats, WRITE | SEARCH)) throw new GuestFileError('EACCES');
    const sticky = (place.parentStats.mode & 0o1000) !== 0 && uid !== 0;
    if (sticky && victim && victim.uid !== uid && place.parentStats.uid !== uid) throw new GuestFileError('EPERM');
  }

  /** Finds a place. `follow`: what a link at the very end points to, instead of the link. */
  locate(path: string, follow: boolean): Promise<Place> {
    return findPlace(this.#root, this.identity, path, follow);
  }

  /** Finds a place, works with it, closes it. System errors come as GuestFileError. */
  async at<T>(path: string, follow: boolean, work: (place: Place) => Promise<T>): Promise<T> {
    const place = await this.locate(path, follow);
    try {
      return await work(place);
    } catch (error) {
      throw withoutPath(error);
    } finally {
      await place.close();
    }
  }

  /** What is at the path, links followed; undefined when nothing is. */
  async stat(path: string): Promise<Stats | undefined> {
    return this.at(path, true, async place => place.stats).catch((error: unknown) => {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EACCES') return undefined;
      throw error;
    });
  }

  /** Whether there is a program at the path. */
  async hasProgram(path: string): Promise<boolean> {
    const stats = await this.stat(path);
    return stats?.isFile() === true && (stats.mode & 0o111) !== 0;
  }

  /** The first of the paths that is a program. */
  async firstProgram(paths: readonly string[]): Promise<string | undefined> {
    for (const path of paths) if (await this.hasProgram(path)) return path;
    return undefined;
  }

  /** Opens a file as open(2) does, with the identity's rights; new files are its own. Only regular files are opened. */
  async open(path: string, flags: number, mode = 0o666): Promise<FileHandle> {
    const { O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW, O_NONBLOCK, O_WRONLY, O_RDWR, O_APPEND } = constants;
    return this.at(path, (flags & O_EXCL) === 0, async place => {
      if (place.stats && place.node !== undefined) {
        if ((flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0) throw new GuestFileError('EEXIST');
        if (place.stats.isDirectory()) throw new GuestFileError('EISDIR');
        if (!place.stats.isFile()) throw new GuestFileError('EACCES');
        const reads = (flags & O_WRONLY) === 0 ? READ : 0;
        const writes = (flags & (O_WRONLY | O_RDWR | O_TRUNC)) !== 0 ? WRITE : 0;
        if (!this.allows(place.stats, reads | writes)) throw new GuestFileError('EACCES');
        return open(place.node, (flags & (O_WRONLY | O_RDWR | O_TRUNC | O_APPEND)) | O_NONBLOCK);
      }
      if ((flags & O_CREAT) === 0) throw new GuestFileError('ENOENT');
      this.checkChange(place);
      const handle = await open(place.path, flags | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        await handle.chown(this.identity.uid, this.#groupFor(place));
        await handle.chmod(mode & 0o7777);
        return handle;
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  /** New things in a set-group-ID folder belong to the folder's group. */
  #groupFor(place: Place): number {
    return (place.parentStats.mode & 0o2000) !== 0 ? place.parentStats.gid : this.identity.gid;
  }

  /** The text of a regular file; undefined when there is none, or it is larger than the limit (bytes). */
  async readText(path: string, limit = 1_048_576): Promise<string | undefined> {
    const stats = await this.stat(path);
    if (!stats?.isFile() || stats.size > limit) return undefined;
    const handle = await this.open(path, constants.O_RDONLY);
    try {
      const buffer = Buffer.alloc(limit);
      const { bytesRead } = await handle.read(buffer, 0, limit, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  /** Writes a file in one step (a link at the path is followed); keeps the owner and mode of one that is there. */
  async writeText(path: string, text: string | Buffer, mode = 0o644, owner: Identity = this.identity): Promise<void> {
    await this.at(path, true, async place => {
      this.checkChange(place);
      if (place.stats && !place.stats.isFile()) throw new GuestFileError('EISDIR');
      const folder = place.path.slice(0, place.path.lastIndexOf('/'));
      const draft = `${folder}/.kiln-${randomBytes(6).toString('hex')}`;
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(text);
        await handle.chown(place.stats?.uid ?? owner.uid, place.stats?.gid ?? owner.gid);
        await handle.chmod(place.stats ? place.stats.mode & 0o7777 : mode);
      } finally {
        await handle.close();
      }
      await rename(draft, place.path);
    });
  }

  /** Makes a folder of the identity's own (or the owner's); `parents`: with those above it, and one that exists is fine. */
  async makeFolder(path: string, mode = 0o755, options: { parents?: boolean; owner?: Identity } = {}): Promise<void> {
    if (options.parents) {
      const above = path.slice(0, path.lastIndexOf('/'));
      const stats = await this.stat(path);
      if (stats?.isDirectory()) return;
      if (above !== '' && above !== path) await this.makeFolder(above, 0o755, { parents: true });
    }
    await this.at(path, false, async place => {
      if (place.stats) throw new GuestFileError('EEXIST');
      this.checkChange(place);
      await mkdir(place.path, 0o700);
      const handle = await open(place.path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      try {
        const owner = options.owner;
        await handle.chown(owner?.uid ?? this.identity.uid, owner?.gid ?? this.#groupFor(place));
        await handle.chmod((mode & 0o7777) | (place.parentStats.mode & 0o2000));
      } finally {
        await handle.close();
      }
    });
  }

  /** Names in a folder, links followed. */
  async list(path: string): Promise<string[]> {
    return this.at(path, true, async place => {
      if (!place.stats || place.node === undefined) throw new GuestFileError('ENOENT');
      if (!place.stats.isDirectory()) throw new GuestFileError('ENOTDIR');
      if (!this.allows(place.stats, READ)) throw new GuestFileError('EACCES');
      return readdir(place.node);
    });
  }

  async remove(path: string, what: 'file' | 'folder'): Promise<void> {
    await this.at(path, false, async place => {
      if (!place.stats) throw new GuestFileError('ENOENT');
      this.checkChange(place);
      await (what === 'file' ? unlink(place.path) : rmdir(place.path));
    });
  }

  /** Renames within the machine; `replace`: over what is there, as rename(2) does. */
  async rename(from: string, to: string, replace: boolean): Promise<void> {
    await this.at(from, false, source =>
      this.at(to, false, async target => {
        if (!source.stats) throw new GuestFileError('ENOENT');
        if (target.stats && !replace) throw new GuestFileError('EEXIST');
        this.checkChange(source);
        this.checkChange(target);
        await rename(source.path, target.path);
      }),
    );
  }

  async readLink(path: string): Promise<string> {
    return this.at(path, false, async place => {
      if (!place.stats) throw new GuestFileError('ENOENT');
      if (!place.stats.isSymbolicLink()) throw new GuestFileError('EINVAL');
      return readlink(place.path);
    });
  }

  async makeLink(target: string, path: string): Promise<void> {
    await this.at(path, false, async place => {
      if (place.stats) throw new GuestFileError('EEXIST');
      this.checkChange(place);
      await symlink(target, place.path);
      await lchown(place.path, this.identity.uid, this.#groupFor(place));
    });
  }

  async makeHardLink(from: string, to: string): Promise<void> {
    await this.at(from, false, source =>
      this.at(to, false, async target => {
        if (!source.stats) throw new GuestFileError('ENOENT');
        if (target.stats) throw new GuestFileError('EEXIST');
        if (this.identity.uid !== 0 && source.stats.uid !== this.identity.uid) throw new GuestFileError('EPERM');
        this.checkChange(target);
        await link(source.path, target.path);
      }),
    );
  }
}
