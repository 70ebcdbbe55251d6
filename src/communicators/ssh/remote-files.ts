import type { TransferOptions } from '../../sdk/communicator.ts';
import type { ByteSource } from './byte-source.ts';
import type { Connection } from './connection.ts';
import { scpFiles } from './scp.ts';
import { NoSftp, type RemoteStats, Sftp } from './sftp.ts';
import { downloadFile, uploadFile } from './sftp-files.ts';

/** What transferring files and folders needs of a machine; by SFTP, or by scp where there is none. */
export interface RemoteFiles {
  /** Files to transfer at once; small ones are mostly waiting for answers. */
  readonly parallel: number;
  readonly open: boolean;
  upload(source: ByteSource, target: string, options: TransferOptions): Promise<void>;
  download(source: string, target: string, options: TransferOptions): Promise<void>;
  /** Undefined when there is nothing at that path. */
  stat(path: string): Promise<RemoteStats | undefined>;
  /** Creates one folder in an existing one, unless it exists. */
  makeFolder(path: string, mode: number): Promise<void>;
  list(path: string): Promise<readonly string[]>;
}

export async function openFiles(connection: Connection): Promise<RemoteFiles> {
  try {
    return sftpFiles(await Sftp.open(connection));
  } catch (error) {
    if (error instanceof NoSftp) return scpFiles(connection);
    throw error;
  }
}

function sftpFiles(sftp: Sftp): RemoteFiles {
  return {
    parallel: 8,
    get open() {
      return sftp.open;
    },
    upload: (source, target, options) => uploadFile(sftp, source, target, options),
    download: (source, target, options) => downloadFile(sftp, source, target, options),
    stat: path => sftp.stat(path),
    makeFolder: (path, mode) => sftp.makeFolder(path, mode),
    list: path => sftp.list(path),
  };
}
