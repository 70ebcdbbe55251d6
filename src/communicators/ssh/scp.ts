import { type FileHandle, open, rm } from 'node:fs/promises';
import type { ClientChannel } from 'ssh2';
import { sleep } from '../../sdk/async.ts';
import type { TransferOptions } from '../../sdk/communicator.ts';
import { describeFileError, KilnError } from '../../sdk/errors.ts';
import { connectionFailure } from '../../sdk/scripts/connection-failure.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteSource } from './byte-source.ts';
import type { Connection } from './connection.ts';
import type { RemoteFiles } from './remote-files.ts';
import type { RemoteStats } from './sftp.ts';

const PIECE = 65_536;
const OK = Buffer.from([0]);

/** Transfers by the remote `scp -t` and `scp -f`, and looks at folders with shell commands: for servers without SFTP. */
export function scpFiles(connection: Connection): RemoteFiles {
  return {
    parallel: 4,
    get open() {
      return connection.open;
    },
    upload: (source, target, options) => upload(connection, source, target, options),
    download: (source, target, options) => download(connection, source, target, options),
    stat: path => stat(connection, path),
    makeFolder: async (path, mode) => {
      const octal = mode.toString(8);
      await shell(
        connection,
        `[ -d ${quote(path)} ] || mkdir -m ${octal} ${quote(path)}`,
        `create the folder "${path}"`,
      );
    },
    list: async path => {
      const text = await shell(connection, `ls -1A ${quote(`${path}/`)}`, `list "${path}"`);
      return text.split('\n').filter(name => name !== '');
    },
  };
}

/** One word for a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function stat(connection: Connection, path: string): Promise<RemoteStats | undefined> {
  const word = quote(path);
  const test = `if [ -d ${word} ]; then echo folder; elif [ -f ${word} ]; then echo file; elif [ -e ${word} ]; then echo other; fi`;
  const kind = (await shell(connection, test, `look at "${path}"`)).trim();
  return kind === 'folder' || kind === 'file' || kind === 'other' ? { kind, size: 0, mode: 0o644 } : undefined;
}

/** What a command printed. Throws when it failed, with what it said. */
async function shell(connection: Connection, command: string, what: string): Promise<string> {
  const session = await openSession(connection, command);
  let text = '';
  session.channel.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  session.channel.end();
  await session.closed;
  if (session.code() === 0) return text;
  throw session.failure(`cannot ${what} on the machine`);
}

async function upload(
  connection: Connection,
  source: ByteSource,
  target: string,
  { signal, mode, progress }: TransferOptions,
): Promise<void> {
  const session = await openSession(connection, `scp -t ${quote(target)}`);
  const { channel } = session;
  const reader = new ByteReader(channel, connection.where, signal);
  const complaint = `cannot upload to "${target}" on the machine`;
  try {
    await acknowledge(reader, complaint);
    const bits = (mode ?? source.mode).toString(8).padStart(4, '0');
    // The size comes first in this protocol; of a pipe it is only known once all was read.
    const total = source.total ?? Number.POSITIVE_INFINITY;
    if (!Number.isFinite(total)) throw new KilnError(`${complaint}: without SFTP only regular files can be sent`);
    await send(session, Buffer.from(`C${bits} ${total} ${target.split('/').pop() || 'file'}\n`));
    await acknowledge(reader, complaint);
    const piece = Buffer.allocUnsafe(PIECE);
    for (let done = 0; done < total; ) {
      signal.throwIfAborted();
      const length = Math.min(await source.read(piece), total - done);
      if (length === 0) throw new KilnError(`${complaint}: the file became shorter while it was read`);
      // The channel keeps a reference until the bytes are sent.
      await send(session, Buffer.from(piece.subarray(0, length)));
      done += length;
      progress?.(done, total);
    }
    await send(session, OK);
    await acknowledge(reader, complaint);
  } catch (error) {
    throw await session.better(error, complaint, signal);
  } finally {
    reader.release();
    channel.end();
    channel.close();
    await source.close();
  }
}

async function download(
  connection: Connection,
  source: string,
  target: string,
  { signal, mode, progress }: TransferOptions,
): Promise<void> {
  const session = await openSession(connection, `scp -f ${quote(source)}`);
  const { channel } = session;
  const reader = new ByteReader(channel, connection.where, signal);
  const complaint = `cannot download "${source}" from the machine`;
  let file: FileHandle | undefined;
  try {
    await send(session, OK);
    const header = await reader.line();
    const match = /^C[0-7]+ (\d+) /.exec(header);
    if (!match)
      throw new KilnError(`${complaint}: ${header.replace(/^[\x01\x02]?(scp: )?/, '')}`, { code: 'remote-file' });
    const total = Number(match[1]);
    file = await open(target, 'w', mode ?? 0o644).catch(error => {
      throw new KilnError(describeFileError(target, error), { cause: error });
    });
    await send(session, OK);
    for (let done = 0; done < total; ) {
      const piece = await reader.read(Math.min(PIECE, total - done));
      await writeWhole(file, piece, target);
      done += piece.length;
      progress?.(done, total);
    }
    await acknowledge(reader, complaint);
    await send(session, OK);
    await file.close();
  } catch (error) {
    await file?.close().catch(() => {});
    if (file) await rm(target, { force: true }).catch(() => {});
    throw await session.better(error, complaint, signal);
  } finally {
    reader.release();
    channel.end();
    channel.close();
  }
}

/** A full disk may take a part of a piece before it refuses the rest. */
async function writeWhole(file: FileHandle, piece: Buffer, target: string): Promise<void> {
  try {
    for (let written = 0; written < piece.length; ) written += (await file.write(piece, written)).bytesWritten;
  } catch (error) {
    throw new KilnError(describeFileError(target, error), { cause: error });
  }
}

/** Waits for scp's answer: 0 is fine, 1 and 2 come with a line that says why not. */
async function acknowledge(reader: ByteReader, complaint: string): Promise<void> {
  const [answer] = await reader.read(1);
  if (answer === 0) return;
  const reason = (await reader.line()).replace(/^scp: /, '');
  throw new KilnError(`${complaint}: ${reason}`, { code: 'remote-file' });
}

/** Writes, and waits while the channel is full; gives up waiting when the connection is gone. */
async function send({ channel, connection }: Session, data: Buffer): Promise<void> {
  if (channel.write(data)) return;
  let drained: () => void = () => {};
  try {
    await Promise.race([
      new Promise<void>(resolve => {
        drained = resolve;
        channel.once('drain', drained).once('close', drained);
      }),
      connection.ended,
    ]);
  } finally {
    channel.off('drain', drained).off('close', drained);
  }
  if (!connection.open) throw connection.lost('transferring files');
}

interface Session {
  readonly channel: ClientChannel;
  readonly connection: Connection;
  readonly closed: Promise<void>;
  code(): number | undefined;
  failure(what: string): KilnError;
  /** The error to show: what scp said on stderr explains a closed channel better than the closing does. */
  better(error: unknown, complaint: string, signal: AbortSignal): Promise<unknown>;
}

function openSession(connection: Connection, command: string): Promise<Session> {
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => {
      const message = error instanceof Error ? error.message : String(error);
      if (!connection.open) reject(connection.lost('transferring files', error));
      else reject(connectionFailure(`${connection.where} did not start "${command}": ${message}`, { cause: error }));
    };
    try {
      connection.client.exec(command, (error, channel) => {
        if (error) return refuse(error);
        let said = '';
        let code: number | undefined;
        channel.on('exit', (status: number | null) => {
          code = status ?? undefined;
        });
        channel.on('error', () => {});
        channel.stderr.setEncoding('utf8').on('data', (chunk: string) => {
          said = (said + chunk).slice(-2000);
        });
        const closed = new Promise<void>(done => channel.once('close', () => done()));
        const failure = (what: string): KilnError => {
          if (!connection.open) return connection.lost('transferring files');
          if (code === 127)
            return new KilnError(`${what}: it offers neither SFTP nor scp`, {
              code: 'remote-file',
              hint: "enable the sftp subsystem in the machine's sshd_config",
            });
          return new KilnError(`${what}: ${said.trim() || `it ended with status ${code ?? 'unknown'}`}`, {
            code: 'remote-file',
          });
        };
        const better = async (error: unknown, complaint: string, signal: AbortSignal): Promise<unknown> => {
          if (signal.aborted) return signal.reason;
          if (error instanceof KilnError && error.code === 'remote-file') return error;
          await Promise.race([closed, sleep(500)]);
          if (!connection.open) return connection.lost('transferring files', error);
          return code !== undefined && code !== 0 ? failure(complaint) : error;
        };
        resolve({ channel, connection, closed, code: () => code, failure, better });
      });
    } catch (error) {
      refuse(error);
    }
  });
}
