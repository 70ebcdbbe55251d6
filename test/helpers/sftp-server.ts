import type { Dirent } from 'node:fs';
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';
import { resolve } from 'node:path';
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;

interface Trouble {
  readonly sftp: 'yes' | 'no' | 'full-disk' | 'stuck';
}

/** Serves SFTP on the real file system; relative paths start at `root`. */
export function serveSftp(sftp: SFTPWrapper, root: string, trouble: Trouble): void {
  const handles = new Map<
    number,
    { readonly file?: FileHandle; names?: Dirent[] | undefined; readonly path: string }
  >();
  let next = 0;
  const add = (entry: { file?: FileHandle; names?: Dirent[]; path: string }): Buffer => {
    const id = next++;
    handles.set(id, entry);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(id);
    return handle;
  };
  const entryOf = (handle: Buffer) => handles.get(handle.readUInt32BE(0));
  const path = (name: string): string => resolve(root, name);
  /** Runs one request; failures become the status OpenSSH would answer with. */
  const answer = (id: number, body: () => Promise<void>): void => {
    if (trouble.sftp === 'stuck') return;
    body().catch(error => sftp.status(id, statusOf(error), ''));
  };
  const ok = (id: number): void => sftp.status(id, STATUS_CODE.OK);

  sftp.on('OPEN', (id, name, flags, attrs) =>
    answer(id, async () => {
      const mode = attrs.mode === undefined ? 0o666 : attrs.mode & 0o7777;
      const file = await open(path(name), flags & OPEN_MODE.WRITE ? 'w' : 'r', mode);
      if ((await file.stat()).isDirectory()) {
        await file.close();
        throw Object.assign(new Error('folder'), { code: 'EISDIR' });
      }
      sftp.handle(id, add({ file, path: path(name) }));
    }),
  );
  sftp.on('READ', (id, handle, offset, length) =>
    answer(id, async () => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = (await entryOf(handle)?.file?.read(buffer, 0, length, offset)) ?? { bytesRead: 0 };
      if (bytesRead === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, buffer.subarray(0, bytesRead));
    }),
  );
  sftp.on('WRITE', (id, handle, offset, data) =>
    answer(id, async () => {
      if (trouble.sftp === 'full-disk') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      await entryOf(handle)?.file?.write(data, 0, data.length, offset);
      ok(id);
    }),
  );
  sftp.on('CLOSE', (id, handle) =>
    answer(id, async () => {
      await entryOf(handle)?.file?.close();
      handles.delete(handle.readUInt32BE(0));
      ok(id);
    }),
  );
  sftp.on('FSTAT', (id, handle) =>
    answer(id, async () => {
      sftp.attrs(id, (await entryOf(handle)?.file?.stat()) as unknown as Attributes);
    }),
  );
  sftp.on('STAT', (id, name) => answer(id, async () => sftp.attrs(id, attributes(await stat(path(name))))));
  sftp.on('LSTAT', (id, name) => answer(id, async () => sftp.attrs(id, attributes(await lstat(path(name))))));
  sftp.on('FSETSTAT', (id, handle, attrs) =>
    answer(id, async () => {
      if (attrs.mode !== undefined) await entryOf(handle)?.file?.chmod(attrs.mode & 0o7777);
      ok(id);
    }),
  );
  sftp.on('SETSTAT', (id, name, attrs) =>
    answer(id, async () => {
      if (attrs.mode !== undefined) await chmod(path(name), attrs.mode & 0o7777);
      ok(id);
    }),
  );
  sftp.on('OPENDIR', (id, name) =>
    answer(id, async () => {
      sftp.handle(id, add({ names: await readdir(path(name), { withFileTypes: true }), path: path(name) }));
    }),
  );
  sftp.on('READDIR', (id, handle) =>
    answer(id, async () => {
      const entry = entryOf(handle);
      if (!entry?.names) return sftp.status(id, STATUS_CODE.EOF);
      const names = entry.names;
      entry.names = undefined;
      const attrs = { mode: 0o644, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
      sftp.name(
        id,
        names.map(one => ({ filename: one.name, longname: one.name, attrs })),
      );
    }),
  );
  sftp.on('MKDIR', (id, name, attrs) =>
    answer(id, async () => {
      await mkdir(path(name), attrs.mode === undefined ? {} : { mode: attrs.mode & 0o7777 });
      ok(id);
    }),
  );
  sftp.on('REMOVE', (id, name) => answer(id, async () => rm(path(name)).then(() => ok(id))));
  sftp.on('RMDIR', (id, name) => answer(id, async () => rmdir(path(name)).then(() => ok(id))));
  sftp.on('RENAME', (id, from, to) => answer(id, async () => rename(path(from), path(to)).then(() => ok(id))));
  sftp.on('REALPATH', (id, name) =>
    answer(id, async () => {
      const attrs = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
      const real = await realpath(path(name));
      sftp.name(id, [{ filename: real, longname: real, attrs }]);
    }),
  );
  sftp.on('EXTENDED' as never, ((id: number) => sftp.status(id, STATUS_CODE.OP_UNSUPPORTED)) as never);
  sftp.on('error', () => {});
  sftp.on('close', () => {
    for (const entry of handles.values()) entry.file?.close().catch(() => {});
  });
}

function attributes(stats: {
  mode: number;
  uid: number;
  gid: number;
  size: number;
  atimeMs: number;
  mtimeMs: number;
}): Attributes {
  const { mode, uid, gid, size, atimeMs, mtimeMs } = stats;
  return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
}

/** As OpenSSH's errno_to_portable. */
function statusOf(error: { readonly code?: string }): number {
  if (error.code === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE;
  if (error.code === 'EACCES' || error.code === 'EPERM') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}
