import type { SFTPWrapper, Stats } from 'ssh2';
import { KilnError } from '../../sdk/errors.ts';
import { connectionFailure } from '../../sdk/scripts/connection-failure.ts';
import type { Connection } from './connection.ts';

/** Status codes of SFTP version 3. */
const STATUS = { eof: 1, noSuchFile: 2, permissionDenied: 3, failure: 4, unsupported: 8 } as const;

/** The server offers no SFTP: transfers go by scp instead. */
export class NoSftp extends Error {}

export interface RemoteStats {
  readonly size: number;
  readonly mode: number;
  readonly kind: 'file' | 'folder' | 'other';
}

type Done<T> = (error?: Error | null, value?: T) => void;

/** Promises over ssh2's SFTP client. Failures name the remote path, and say why as far as SFTP lets us know. */
export class Sftp {
  readonly #raw: SFTPWrapper;
  readonly #connection: Connection;
  /** Ends of requests that the server has not answered. */
  readonly #unanswered = new Set<() => void>();
  #open = true;

  private constructor(raw: SFTPWrapper, connection: Connection) {
    this.#raw = raw;
    this.#connection = connection;
    raw.on('error', () => {});
    const gone = (): void => {
      this.#open = false;
      for (const end of this.#unanswered) end();
    };
    raw.once('close', gone);
    connection.onEnd(gone);
  }

  /** Throws NoSftp when the server has no such subsystem, or a connection failure. */
  static async open(connection: Connection): Promise<Sftp> {
    // ssh2 would throw a plain error.
    if (!connection.open) throw connection.lost('opening a file transfer');
    const raw = await new Promise<SFTPWrapper>((resolve, reject) => {
      connection.client.sftp((error, sftp) => {
        if (!error) resolve(sftp);
        else reject(connection.open ? new NoSftp(error.message) : connection.lost('opening a file transfer', error));
      });
    });
    return new Sftp(raw, connection);
  }

  get open(): boolean {
    return this.#open && this.#connection.open;
  }

  /** Biggest piece one request may carry: ssh2 sends bigger ones in several, one after the other. */
  get pieceSize(): number {
    return (this.#raw as unknown as { readonly _maxWriteLen: number })._maxWriteLen >= 65_536 ? 65_536 : 32_768;
  }

  close(): void {
    if (this.#open) this.#raw.end();
    this.#open = false;
  }

  openFile(path: string, flags: 'r' | 'w', mode?: number): Promise<Buffer> {
    const doing = flags === 'r' ? 'read' : 'write';
    return this.#call(path, doing, done =>
      mode === undefined ? this.#raw.open(path, flags, done) : this.#raw.open(path, flags, mode, done),
    );
  }

  write(path: string, handle: Buffer, data: Buffer, position: number): Promise<void> {
    return this.#call(path, 'write', done => this.#raw.write(handle, data, 0, data.length, position, done));
  }

  /** Bytes read; 0 at the end of the file. */
  async read(path: string, handle: Buffer, into: Buffer, position: number): Promise<number> {
    return this.#call(path, 'read', done => {
      this.#raw.read(handle, into, 0, into.length, position, (error, count) => {
        if (error && codeOf(error) === STATUS.eof) done(undefined, 0);
        else done(error, count);
      });
    });
  }

  closeFile(path: string, handle: Buffer): Promise<void> {
    return this.#call(path, 'write', done => this.#raw.close(handle, done));
  }

  /** Sets permission bits; servers that cannot, and files of others, are left as they are. */
  async setMode(path: string, handle: Buffer, mode: number): Promise<void> {
    await this.#request<void>(done => {
      this.#raw.fchmod(handle, mode, error => {
        if (error && codeOf(error) === STATUS.unsupported) this.#raw.chmod(path, mode, () => done());
        else done();
      });
    });
  }

  /** Undefined when there is nothing at that path. */
  async stat(path: string): Promise<RemoteStats | undefined> {
    const stats = await this.#call<Stats | undefined>(path, 'look at', done => {
      this.#raw.stat(path, (error, found) => {
        if (error && codeOf(error) === STATUS.noSuchFile) done(undefined, undefined);
        else done(error, found);
      });
    });
    if (!stats) return undefined;
    const kind = stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other';
    return { size: stats.size, mode: stats.mode & 0o7777, kind };
  }

  async makeFolder(path: string, mode: number): Promise<void> {
    if ((await this.stat(path))?.kind === 'folder') return;
    await this.#call<void>(path, 'create the folder', done => this.#raw.mkdir(path, { mode }, done));
  }

  /** Names in a folder with what they are; links are followed by the caller's `stat`. */
  async list(path: string): Promise<readonly string[]> {
    const entries = await this.#call<readonly { readonly filename: string }[]>(path, 'list', done =>
      this.#raw.readdir(path, (error, list) => done(error, list)),
    );
    return entries.map(entry => entry.filename).filter(name => name !== '.' && name !== '..');
  }

  #call<T>(path: string, doing: string, start: (done: Done<T>) => void): Promise<T> {
    return this.#request(start).catch(async error => {
      throw error instanceof KilnError ? error : await this.#explain(path, doing, error);
    });
  }

  /** One request. ssh2 never answers those that are made after the connection was lost, so their end is seen to here. */
  #request<T>(start: (done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const cutOff = (cause?: unknown): void => {
        this.#unanswered.delete(end);
        reject(connectionFailure(`the file transfer with ${this.#connection.where} was cut off`, { cause }));
      };
      const end = (): void => cutOff();
      if (!this.open) return cutOff();
      this.#unanswered.add(end);
      try {
        start((error, value) => {
          this.#unanswered.delete(end);
          if (error) reject(error);
          else resolve(value as T);
        });
      } catch (error) {
        cutOff(error);
      }
    });
  }

  async #explain(path: string, doing: string, error: Error): Promise<KilnError> {
    const here = `cannot ${doing} "${path}" on the machine`;
    const wrong = (reason: string, hint?: string): KilnError =>
      new KilnError(`${here}: ${reason}`, { code: 'remote-file', cause: error, ...(hint && { hint }) });
    switch (codeOf(error)) {
      case STATUS.noSuchFile:
        return doing === 'write' || doing === 'create the folder'
          ? wrong(`there is no folder "${parentOf(path)}"`, 'create it in a shell provisioner before')
          : wrong('it does not exist');
      case STATUS.permissionDenied:
        return wrong(
          'the login user may not do that',
          doing === 'read' ? undefined : 'upload to /tmp, then move it with sudo in a shell provisioner',
        );
      case STATUS.failure:
        return wrong(await this.#reasonOfFailure(path, doing, error));
      case undefined:
        return this.#connection.open
          ? connectionFailure(`the file transfer of "${path}" with ${this.#connection.where} was cut off`, {
              cause: error,
            })
          : this.#connection.lost(`transferring "${path}"`, error);
      default:
        return wrong(error.message);
    }
  }

  /** SFTP's code 4 stands for any other reason: look for the usual ones. */
  async #reasonOfFailure(path: string, doing: string, error: Error): Promise<string> {
    const found = await this.#quietStat(path);
    if (found === 'folder' && doing !== 'list')
      return 'it is a folder (end the destination with "/" to put the file into it)';
    if (found !== undefined && doing === 'create the folder') return 'a file of that name is in the way';
    if (doing !== 'write') return error.message;
    const parent = await this.#quietStat(parentOf(path));
    if (parent !== undefined && parent !== 'folder') return `"${parentOf(path)}" is not a folder`;
    if (await this.#diskFull(parentOf(path))) return 'the disk there is full';
    return error.message;
  }

  #quietStat(path: string): Promise<'folder' | 'file' | undefined> {
    const stat = this.#request<Stats>(done => this.#raw.stat(path, done));
    return stat.then(
      stats => (stats.isDirectory() ? 'folder' : 'file'),
      () => undefined,
    );
  }

  #diskFull(folder: string): Promise<boolean> {
    type Space = { readonly f_bavail?: unknown; readonly f_favail?: unknown } | undefined;
    const space = this.#request<Space>(done => this.#raw.ext_openssh_statvfs(folder, done));
    return space.then(
      info => Number(info?.f_bavail) === 0 || Number(info?.f_favail) === 0,
      () => false,
    );
  }
}

function codeOf(error: Error): number | undefined {
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** The folder a remote path lies in. */
export function parentOf(path: string): string {
  const at = path.replace(/\/+$/, '').lastIndexOf('/');
  if (at < 0) return '.';
  return at === 0 ? '/' : path.slice(0, at);
}
