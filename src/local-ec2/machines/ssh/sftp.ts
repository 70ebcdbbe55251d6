import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import ssh2, { type SFTPWrapper } from 'ssh2';
import { systemCode } from '../../../sdk/errors.ts';
import type { Account } from '../guest/accounts.ts';
import { GuestFileError, type GuestFiles } from '../guest/files.ts';
import { attributesOf, changeAttributes, describe, plainName, setAttributes } from './sftp-attributes.ts';

/** Where distributions keep OpenSSH's SFTP server. */
export const SFTP_PROGRAMS = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/lib/ssh/sftp-server',
  '/usr/libexec/sftp-server',
];

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;
const LARGEST_READ = 262_144;
const NAMES_PER_ANSWER = 64;

/** An open file, or a folder being listed. */
type Open =
  | { readonly kind: 'file'; readonly handle: FileHandle; readonly flags: number }
  | { readonly kind: 'folder'; readonly path: string; names: string[] };

/** Serves SFTP (version 3) on the machine's files with the rights of the user, for images without an SFTP server. */
export function serveSftp(
  files: GuestFiles,
  login: { readonly account: Account; readonly fromOpenSsh: boolean },
  sftp: SFTPWrapper,
): void {
  const { account } = login;
  const open = new Map<number, Open>();
  let lastHandle = 0;
  let closed = false;
  let queue: Promise<void> = Promise.resolve();

  /** One request after the other, so that a close never overtakes a write. */
  const serve = (id: number, work: () => Promise<void>): void => {
    queue = queue.then(work).catch((error: unknown) => {
      const code = systemCode(error) ?? '';
      if (!closed) sftp.status(id, statusOf(code), REASONS[code] ?? code);
    });
  };
  const done = (id: number): void => sftp.status(id, STATUS_CODE.OK);
  const inside = (path: string): string => (path.startsWith('/') ? path : `${account.home}/${path}`);
  const register = (id: number, entry: Open): void => {
    const number = ++lastHandle;
    open.set(number, entry);
    const name = Buffer.alloc(4);
    name.writeUInt32BE(number);
    sftp.handle(id, name);
  };
  const opened = (handle: Buffer): Open => {
    const entry = handle.length === 4 ? open.get(handle.readUInt32BE()) : undefined;
    if (!entry) throw new GuestFileError('EBADF');
    return entry;
  };
  const openedFile = (handle: Buffer): FileHandle => {
    const entry = opened(handle);
    if (entry.kind !== 'file') throw new GuestFileError('EBADF');
    return entry.handle;
  };

  sftp.on('OPEN', (id, path, flags, attributes) =>
    serve(id, async () => {
      const handle = await files.open(inside(path), systemFlags(flags), masked(attributes.mode ?? 0o666));
      register(id, { kind: 'file', handle, flags });
    }),
  );
  sftp.on('READ', (id, handle, offset, length) =>
    serve(id, async () => {
      const buffer = Buffer.allocUnsafe(Math.min(length, LARGEST_READ));
      const { bytesRead } = await openedFile(handle).read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, buffer.subarray(0, bytesRead));
    }),
  );
  sftp.on('WRITE', (id, handle, offset, data) => {
    // The packet's memory is not ours to keep.
    const copy = Buffer.from(data);
    serve(id, async () => {
      const file = openedFile(handle);
      for (let at = 0; at < copy.length; )
        at += (await file.write(copy, at, copy.length - at, offset + at)).bytesWritten;
      done(id);
    });
  });
  sftp.on('CLOSE', (id, handle) =>
    serve(id, async () => {
      const entry = opened(handle);
      open.delete(handle.readUInt32BE());
      if (entry.kind === 'file') await entry.handle.close();
      done(id);
    }),
  );
  sftp.on('FSTAT', (id, handle) =>
    serve(id, async () => sftp.attrs(id, attributesOf(await openedFile(handle).stat()))),
  );
  sftp.on('FSETSTAT', (id, handle, attributes) =>
    serve(id, async () => {
      const file = openedFile(handle);
      await setAttributes(files, `/proc/self/fd/${file.fd}`, await file.stat(), attributes);
      if (attributes.size !== undefined) await file.truncate(attributes.size);
      done(id);
    }),
  );
  for (const [event, follow] of [
    ['STAT', true],
    ['LSTAT', false],
  ] as const)
    sftp.on(event, (id: number, path: string) =>
      serve(id, () =>
        files.at(inside(path), follow, async place => {
          if (!place.stats) throw new GuestFileError('ENOENT');
          sftp.attrs(id, attributesOf(place.stats));
        }),
      ),
    );
  sftp.on('SETSTAT', (id, path, attributes) =>
    serve(id, async () => {
      await changeAttributes(files, inside(path), attributes);
      done(id);
    }),
  );
  sftp.on('OPENDIR', (id, path) =>
    serve(id, async () =>
      register(id, { kind: 'folder', path: inside(path), names: ['.', '..', ...(await files.list(inside(path)))] }),
    ),
  );
  sftp.on('READDIR', (id, handle) =>
    serve(id, async () => {
      const entry = opened(handle);
      if (entry.kind !== 'folder') throw new GuestFileError('EBADF');
      const batch = entry.names.splice(0, NAMES_PER_ANSWER);
      if (batch.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.name(id, await describe(files, entry.path, batch));
    }),
  );
  sftp.on('REMOVE', (id, path) => serve(id, () => files.remove(inside(path), 'file').then(() => done(id))));
  sftp.on('RMDIR', (id, path) => serve(id, () => files.remove(inside(path), 'folder').then(() => done(id))));
  sftp.on('MKDIR', (id, path, attributes) =>
    serve(id, () => files.makeFolder(inside(path), masked(attributes.mode ?? 0o777)).then(() => done(id))),
  );
  sftp.on('RENAME', (id, from, to) =>
    serve(id, () => files.rename(inside(from), inside(to), false).then(() => done(id))),
  );
  sftp.on('READLINK', (id, path) =>
    serve(id, async () => sftp.name(id, [plainName(await files.readLink(inside(path)))])),
  );
  sftp.on('SYMLINK', (id, first, second) => {
    // All clients send the target first; ssh2 turns the two round when OpenSSH is the client.
    const [target, path] = login.fromOpenSsh ? [second, first] : [first, second];
    serve(id, () => files.makeLink(target, inside(path)).then(() => done(id)));
  });
  sftp.on('REALPATH', (id, path) =>
    serve(id, () => files.at(inside(path), true, async place => sftp.name(id, [plainName(place.inside)]))),
  );
  sftp.on('end', () => {
    void queue.then(() => endSession(sftp));
  });
  sftp.on('close', () => {
    closed = true;
    void queue.then(async () => {
      for (const entry of open.values()) if (entry.kind === 'file') await entry.handle.close().catch(() => {});
      open.clear();
    });
  });
  sftp.on('error', () => {});
}

/** The client is through: ends the session as a program that went well, which scp wants to hear. */
function endSession(sftp: SFTPWrapper): void {
  // ssh2's SFTP has no exit() as its channels do.
  const inner = sftp as unknown as {
    readonly outgoing: { readonly id: number; readonly state: string };
    readonly _protocol: { exitStatus(channel: number, code: number): void };
  };
  if (inner.outgoing.state === 'open') inner._protocol.exitStatus(inner.outgoing.id, 0);
  sftp.end();
}

/** New things get a mode under the usual umask. */
function masked(mode: number): number {
  return mode & 0o7777 & ~0o022;
}

function systemFlags(flags: number): number {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_TRUNC, O_EXCL } = constants;
  const write = (flags & (OPEN_MODE.WRITE | OPEN_MODE.APPEND)) !== 0;
  const read = (flags & OPEN_MODE.READ) !== 0;
  return (
    (write ? (read ? O_RDWR : O_WRONLY) : O_RDONLY) |
    (flags & OPEN_MODE.APPEND ? O_APPEND : 0) |
    (flags & OPEN_MODE.CREAT ? O_CREAT : 0) |
    (flags & OPEN_MODE.TRUNC ? O_TRUNC : 0) |
    (flags & OPEN_MODE.EXCL ? O_EXCL : 0)
  );
}

/** What clients show for an error. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EBADF: 'Bad file handle',
  EEXIST: 'File exists',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many links',
  ENOENT: 'No such file or directory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  EPERM: 'Permission denied',
  EROFS: 'Read-only file system',
};

function statusOf(code: string): number {
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return STATUS_CODE.NO_SUCH_FILE;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}
