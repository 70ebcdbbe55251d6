import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { messageOf } from '../../../sdk/errors.ts';
import type { Account } from '../guest/accounts.ts';
import type { GuestFiles } from '../guest/files.ts';
import { ByteReader } from './bytes.ts';
import { changeAttributes } from './sftp-attributes.ts';

export const SCP_PROGRAMS = ['/usr/bin/scp', '/bin/scp', '/usr/local/bin/scp'];

/** What new files never get, unless modes are to be preserved. */
const UMASK = 0o022;

export interface ScpRequest {
  readonly direction: 'sink' | 'source';
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly intoFolder: boolean;
  readonly path: string;
}

/** Reads a command line as the far end of scp(1), which other clients also send; undefined when it is another. */
export function scpRequest(command: string): ScpRequest | undefined {
  const words = splitWords(command.trim());
  if (!words || posix.basename(words[0] ?? '') !== 'scp') return undefined;
  let flags = '';
  let at = 1;
  for (; at < words.length - 1 && words[at]?.startsWith('-'); at++) flags += words[at]?.slice(1) ?? '';
  const path = words[at];
  const direction = flags.includes('t') ? 'sink' : flags.includes('f') ? 'source' : undefined;
  if (path === undefined || at !== words.length - 1 || !direction) return undefined;
  return {
    direction,
    recursive: flags.includes('r'),
    preserve: flags.includes('p'),
    intoFolder: flags.includes('d'),
    path,
  };
}

/** Splits as a shell would, quotes and backslashes undone; undefined for what only a shell could do. */
function splitWords(text: string): string[] | undefined {
  if (/[;&|<>`$()\n]/.test(text.replace(/'[^']*'/g, ''))) return undefined;
  const words = text.match(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g) ?? [];
  return words.map(word => word.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, a, b, c) => a ?? b ?? c ?? ''));
}

/** Does scp's work for an image that has none. */
export function serveScp(files: GuestFiles, account: Account, request: ScpRequest, channel: ServerChannel): void {
  channel.on('error', () => {});
  const relative = request.path.replace(/^~(?=\/|$)/, account.home);
  const path = relative.startsWith('/') ? relative : `${account.home}/${relative}`;
  const transfer = new Transfer(files, channel, request);
  const work = request.direction === 'sink' ? transfer.receive(path) : transfer.send(path);
  work
    .then(
      () => channel.exit(transfer.failed ? 1 : 0),
      (error: unknown) => {
        channel.write(`\x02scp: ${request.path}: ${messageOf(error)}\n`);
        channel.exit(1);
      },
    )
    .finally(() => channel.end());
}

class Transfer {
  readonly #files: GuestFiles;
  readonly #channel: ServerChannel;
  readonly #request: ScpRequest;
  readonly #in: ByteReader;
  failed = false;

  constructor(files: GuestFiles, channel: ServerChannel, request: ScpRequest) {
    this.#files = files;
    this.#channel = channel;
    this.#request = request;
    this.#in = new ByteReader(channel);
  }

  async #write(data: string | Uint8Array): Promise<void> {
    if (this.#channel.write(data)) return;
    await new Promise<void>((resolve, reject) => {
      this.#channel.once('drain', resolve);
      this.#channel.once('close', () => reject(new Error('the connection was closed')));
    });
  }

  /** The other side's word on what we sent; a warning counts as a failure of that file only. */
  async #answer(): Promise<boolean> {
    const code = (await this.#in.take(1))[0];
    if (code === 0) return true;
    const message = await this.#in.line();
    if (code === 2) throw new Error(message);
    this.failed = true;
    return false;
  }

  async #warn(path: string, error: unknown): Promise<void> {
    this.failed = true;
    await this.#write(`\x01scp: ${path}: ${messageOf(error)}\n`);
  }

  async receive(path: string): Promise<void> {
    const target = await this.#files.stat(path);
    if (this.#request.intoFolder && !target?.isDirectory()) throw new Error('Not a directory');
    const folders: string[] = [path];
    let times: { mtime: number; atime: number } | undefined;
    await this.#write('\0');
    for (;;) {
      const line = await this.#in.lineOrEnd();
      if (line === undefined) return;
      const kind = line[0];
      const here = folders.at(-1) ?? path;
      if (kind === '\x01' || kind === '\x02') {
        this.failed = true;
        continue;
      }
      if (kind === 'T') {
        const [mtime = '0', , atime = '0'] = line.slice(1).split(' ');
        times = { mtime: Number(mtime), atime: Number(atime) };
        await this.#write('\0');
        continue;
      }
      if (kind === 'E') {
        if (folders.length === 1) throw new Error('unexpected end of folder');
        folders.pop();
        await this.#write('\0');
        continue;
      }
      const match = /^([CD])([0-7]{3,5}) (\d+) (.+)$/s.exec(line);
      const name = match?.[4] ?? '';
      if (!match || name === '.' || name === '..' || name.includes('/')) throw new Error('protocol error');
      const stats = await this.#files.stat(here);
      const to = stats?.isDirectory() ? `${here}/${name}` : here;
      const mode = Number.parseInt(match[2] ?? '644', 8);
      if (match[1] === 'D') {
        if (!this.#request.recursive) throw new Error('received a folder without -r');
        if (!(await this.#files.stat(to))?.isDirectory()) await this.#files.makeFolder(to, (mode & ~UMASK) | 0o700);
        folders.push(to);
        await this.#write('\0');
      } else {
        await this.#receiveFile(to, mode, Number(match[3]), times);
      }
      times = undefined;
    }
  }

  async #receiveFile(
    to: string,
    mode: number,
    size: number,
    times: { mtime: number; atime: number } | undefined,
  ): Promise<void> {
    const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
    let file: FileHandle;
    try {
      file = await this.#files.open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & ~UMASK);
    } catch (error) {
      await this.#warn(to, error);
      return;
    }
    let failure: unknown;
    try {
      await this.#write('\0');
      for (let left = size; left > 0; ) {
        const chunk = await this.#in.upTo(left);
        left -= chunk.length;
        if (failure === undefined)
          await file.writeFile(chunk).catch((error: unknown) => {
            failure = error;
          });
      }
      if (this.#request.preserve) await file.chmod(mode & 0o7777);
    } finally {
      await file.close();
    }
    if (times) await changeAttributes(this.#files, to, times);
    await this.#answer();
    if (failure === undefined) await this.#write('\0');
    else await this.#warn(to, failure);
  }

  async send(path: string): Promise<void> {
    await this.#answer();
    const stats = await this.#files.stat(path);
    if (!stats) throw new Error('No such file or directory');
    if (stats.isDirectory() && !this.#request.recursive) throw new Error('not a regular file');
    await this.#sendEntry(path, posix.basename(path));
  }

  async #sendEntry(path: string, name: string): Promise<void> {
    const stats = await this.#files.stat(path);
    if (!stats || !(stats.isFile() || stats.isDirectory())) {
      await this.#warn(path, 'not a regular file');
      return;
    }
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    if (this.#request.preserve) {
      await this.#write(`T${Math.floor(stats.mtimeMs / 1000)} 0 ${Math.floor(stats.atimeMs / 1000)} 0\n`);
      await this.#answer();
    }
    if (stats.isDirectory()) {
      await this.#write(`D${mode} 0 ${name}\n`);
      if (!(await this.#answer())) return;
      for (const child of await this.#files.list(path)) await this.#sendEntry(`${path}/${child}`, child);
      await this.#write('E\n');
      await this.#answer();
      return;
    }
    let file: FileHandle;
    try {
      file = await this.#files.open(path, constants.O_RDONLY);
    } catch (error) {
      await this.#warn(path, error);
      return;
    }
    try {
      await this.#write(`C${mode} ${stats.size} ${name}\n`);
      if (!(await this.#answer())) return;
      await this.#sendContent(file, stats.size);
      await this.#write('\0');
      await this.#answer();
    } finally {
      await file.close();
    }
  }

  /** Exactly the announced number of bytes, whatever the file has become meanwhile. */
  async #sendContent(file: FileHandle, size: number): Promise<void> {
    for (let at = 0; at < size; ) {
      const buffer = Buffer.alloc(Math.min(65_536, size - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      await this.#write(bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead));
      at += bytesRead || buffer.length;
    }
  }
}
