import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../sdk/async.ts';
import { KilnError, systemCode } from '../../sdk/errors.ts';

/** Who holds a store. `started` and `boot` tell a process from a later one that got the same number. */
interface Holder {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
  readonly nonce: string;
}

const ATTEMPTS = 100;
/** Milliseconds between attempts, and after which a takeover counts as abandoned. */
const RETRY_DELAY = 20;
const GUARD_LIFE = 5_000;

/**
 * Takes the store for this process; the returned function gives it back. A lock whose process is gone is taken over.
 * Throws a KilnError (`store-in-use`) that names the holder.
 */
export async function lockStore(storeDir: string): Promise<() => Promise<void>> {
  const path = join(storeDir, 'lock');
  const mine: Holder = {
    pid: process.pid,
    started: await startOf(process.pid),
    boot: await bootId(),
    nonce: randomUUID(),
  };
  const text = JSON.stringify(mine);
  const draft = join(storeDir, `lock.${mine.nonce}`);
  try {
    await writeFile(draft, text, { mode: 0o600 });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await tryLink(draft, path)) return () => unlock(path, text);
      const found = await readFile(path, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (holder && (await isAlive(holder))) throw inUse(storeDir, holder.pid);
      await removeStale(path, found);
    }
    throw new KilnError(`the store "${storeDir}" could not be locked`, {
      code: 'store-in-use',
      hint: `remove "${path}" if no other kiln runs`,
    });
  } finally {
    await rm(draft, { force: true });
  }
}

function inUse(storeDir: string, pid: number): KilnError {
  const who = pid === process.pid ? 'this process already uses it' : `pid ${pid}`;
  return new KilnError(`another kiln is using the store "${storeDir}" (${who})`, {
    code: 'store-in-use',
    hint: 'wait until it ends, or stop it with Ctrl-C; XDG_DATA_HOME=DIR gives this one a store of its own',
  });
}

/** The live process that holds the store; undefined when none does. */
export async function holderOf(storeDir: string): Promise<number | undefined> {
  const found = await readFile(join(storeDir, 'lock'), 'utf8').catch(() => undefined);
  const holder = found === undefined ? undefined : parseHolder(found);
  return holder && (await isAlive(holder)) ? holder.pid : undefined;
}

/**
 * Removes a lock whose process is gone. Only one process does so at a time, and looks once more before: else two that saw
 * the same stale lock could each remove the other's fresh one.
 */
async function removeStale(path: string, stale: string): Promise<void> {
  const guard = `${path}.takeover`;
  try {
    await mkdir(guard);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    // Another one is at it; or died at it, a while ago.
    const made = await stat(guard).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > GUARD_LIFE) await rmdir(guard).catch(() => {});
    await sleep(RETRY_DELAY);
    return;
  }
  try {
    const found = await readFile(path, 'utf8').catch(() => undefined);
    if (found === stale) await rm(path, { force: true });
  } finally {
    await rmdir(guard).catch(() => {});
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function unlock(path: string, text: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === text) await rm(path, { force: true });
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, started, boot, nonce } = value as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1) return undefined;
    return { pid, started: String(started), boot: String(boot), nonce: String(nonce) };
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.boot !== (await bootId())) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  const started = await startOf(holder.pid);
  return started === '' || holder.started === '' || started === holder.started;
}

/** When the process started, in the kernel's ticks; empty where /proc does not tell. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name, may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie holds nothing any more.
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

async function bootId(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    text => text.trim(),
    () => '',
  );
}
