import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeFileError, KilnError, systemCode } from '../../src/sdk/errors.ts';

/** The lock that Packer's chroot builds take too, so that two builds of a host never choose the same device. */
const LOCK = '/var/lock/packer-chroot/lock';

/** Runs `body` while this process alone, of all chroot builds of this host, chooses and attaches a device. */
export async function withDeviceLock<T>(signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  try {
    await mkdir(dirname(LOCK), { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new KilnError(`the lock of chroot builds cannot be taken: ${describeFileError(dirname(LOCK), error)}`, {
      cause: error,
    });
  }
  // Node has no flock(2): the tool holds the lock until its input ends, be it by our own end.
  const holder = spawn('flock', ['--exclusive', LOCK, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(holder, 'close');
  ended.catch(() => {});
  const stop = (): void => void holder.kill();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await held(holder);
    signal.throwIfAborted();
    return await body();
  } finally {
    signal.removeEventListener('abort', stop);
    holder.stdin.end();
    await ended.catch(() => {});
  }
}

async function held(holder: ReturnType<typeof spawn>): Promise<void> {
  let said = '';
  holder.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => {
    holder.once('error', error =>
      reject(
        systemCode(error) === 'ENOENT'
          ? new KilnError('the program "flock" is not installed on this host', { hint: 'it is part of util-linux' })
          : error,
      ),
    );
    holder.stdout?.once('data', () => resolve());
    holder.once('close', () => reject(new KilnError(`the lock "${LOCK}" could not be taken: ${said.trim()}`)));
  });
}
