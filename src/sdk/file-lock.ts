import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sleep } from './async.ts';
import { describeFileError, KilnError, systemCode } from './errors.ts';
import { isAlive, ownerIsDead, ownerTag, type ProcessIdentity, thisProcess } from './process-identity.ts';

export interface FileLockOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for the holder; two minutes when not given. */
  readonly timeout?: number;
}

/** Who holds a lock; the content of the lock file, one line of JSON. */
interface Claim extends ProcessIdentity {
  readonly token: string;
}

/** Holders touch their lock this often, so that those who cannot see their process know that it lives. */
const HEARTBEAT = 5000;
/** How long a lock of another host may stand untouched before it counts as abandoned. */
const FOREIGN_PATIENCE = 20_000;
/** The same for a lock file that kiln did not write, e.g. the one Packer leaves when it is killed. */
const UNREADABLE_PATIENCE = 3000;

/**
 * Runs `body` while holding the lock file `path` alone, among processes that share the file system. The lock of a dead
 * process is taken over; a living holder is waited for. Throws KilnError naming the holder when that takes too long.
 */
export async function withFileLock<T>(path: string, options: FileLockOptions, body: () => Promise<T>): Promise<T> {
  const lock = await acquire(path, options);
  const heartbeat = setInterval(() => void touch(path), HEARTBEAT);
  heartbeat.unref();
  try {
    return await body();
  } finally {
    clearInterval(heartbeat);
    await release(path, lock);
  }
}

/**
 * The lock is a hard link to a complete claim file: it appears with its content in one step, and only where there is none.
 */
async function acquire(path: string, options: FileLockOptions): Promise<Claim> {
  const claim: Claim = { ...thisProcess(), token: `${ownerTag()}-${randomUUID()}` };
  const text = `${JSON.stringify(claim)}\n`;
  const own = claimPath(path, claim.token);
  const timeout = options.timeout ?? 120_000;
  const started = performance.now();
  const watch = new Watch(path);
  let delay = 5;
  try {
    await writeFile(own, text, { flag: 'wx', mode: 0o600 });
    for (;;) {
      options.signal?.throwIfAborted();
      if (await place(own, text, path)) return claim;
      const holder = await watch.look();
      if (holder?.abandoned) await breakLock(path, own, text, claim.token, holder.text);
      else if (holder && performance.now() - started > timeout) throw timeoutError(path, holder, timeout);
      await sleep(delay * (0.5 + Math.random()), options.signal);
      delay = Math.min(delay * 1.5, 100);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new KilnError(`no lock could be taken for it: ${describeFileError(path, error)}`, { cause: error });
  } finally {
    await rm(own, { force: true }).catch(() => {});
  }
}

async function release(path: string, claim: Claim): Promise<void> {
  const held = await readText(path);
  if (held !== undefined && parseClaim(held)?.token === claim.token) await unlink(path).catch(() => {});
  await sweep(path);
}

/** Puts the claim at `target` unless there is one already. */
async function place(own: string, text: string, target: string): Promise<boolean> {
  try {
    await link(own, target);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return (await readText(target)) === text;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
  }
  // A file system without hard links (vfat, some network shares).
  try {
    await writeFile(target, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    await rm(target, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Removes an abandoned lock. Reading it and removing it are two steps, between which another waiter may already have
 * removed it and taken the lock anew; so only one process at a time may do this: the one that, after announcing itself,
 * sees nobody else announced. Announcements have unique names, so those of the dead can be ignored, and removed later.
 */
async function breakLock(path: string, own: string, text: string, token: string, abandoned: string): Promise<void> {
  const prefix = `${basename(path)}.break.`;
  if (await livingRivals(path, prefix, token)) return;
  const announcement = join(dirname(path), `.${prefix}${token}`);
  await place(own, text, announcement);
  try {
    if (await livingRivals(path, prefix, token)) return;
    if ((await readText(path)) === abandoned) await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  } finally {
    await rm(announcement, { force: true });
  }
}

async function livingRivals(path: string, prefix: string, token: string): Promise<boolean> {
  const names = (await readdir(dirname(path))).filter(name => name.startsWith(`.${prefix}`) && !name.endsWith(token));
  const living = names.filter(name => !ownerIsDead(ownerOf(name)));
  return living.length > 0;
}

/** Removes what killed waiters left beside the lock. Never throws. */
async function sweep(path: string): Promise<void> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  for (const name of names)
    if (name.startsWith(`.${basename(path)}.`) && ownerIsDead(ownerOf(name)))
      await rm(join(folder, name), { force: true }).catch(() => {});
}

/** The owner's tag in the name of a claim, which ends in a tag and a UUID. */
function ownerOf(name: string): string {
  return /([0-9a-f]{8}-\d+-[0-9a-f]{8})-[0-9a-f-]{36}$/.exec(name)?.[1] ?? '';
}

interface Holder {
  readonly text: string;
  readonly claim: Claim | undefined;
  readonly abandoned: boolean;
}

/** Looks at the lock again and again, to notice that nobody tends it any more. */
class Watch {
  readonly #path: string;
  #seen = '';
  #since = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The holder as it is now; undefined when the lock is free. */
  async look(): Promise<Holder | undefined> {
    const text = await readText(this.#path);
    if (text === undefined) return undefined;
    const claim = parseClaim(text);
    const alive = claim && isAlive(claim);
    if (alive !== undefined) return { text, claim, abandoned: !alive };
    const state = `${await modifiedAt(this.#path)} ${text}`;
    if (state !== this.#seen) {
      this.#seen = state;
      this.#since = performance.now();
    }
    const patience = claim ? FOREIGN_PATIENCE : UNREADABLE_PATIENCE;
    return { text, claim, abandoned: performance.now() - this.#since > patience };
  }
}

function timeoutError(path: string, holder: Holder, timeout: number): KilnError {
  const who = holder.claim ? `process ${holder.claim.pid} on host ${holder.claim.host}` : 'an unknown process';
  return new KilnError(`the lock "${path}" is held by ${who} and was not given back in ${timeout / 1000} s`, {
    hint: 'wait for that process or end it; if it no longer exists, delete the lock file',
    code: 'locked',
  });
}

function parseClaim(text: string): Claim | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { host, namespace, pid, startTime, token } = value as Record<string, unknown>;
    if (typeof host !== 'string' || typeof pid !== 'number' || typeof token !== 'string') return undefined;
    return { host, namespace: String(namespace), pid, startTime: String(startTime), token };
  } catch {
    return undefined;
  }
}

function claimPath(path: string, token: string): string {
  return join(dirname(path), `.${basename(path)}.${token}`);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function modifiedAt(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}
