import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';

/** What ssh2 keeps of a write that waits for the client's window. */
interface PendingWrites {
  _chunk?: Buffer | undefined;
  _chunkcb?: (() => void) | undefined;
  _chunkErr?: Buffer | undefined;
  _chunkcbErr?: (() => void) | undefined;
}

/**
 * Writes a command's output and error output to its channel, one piece at a time over both. ssh2 (1.17) remembers the
 * last piece that had to wait for the client and, when the other of the two streams waits later, sends the old one
 * again; so it is made to forget each as soon as it is through.
 */
export class ChannelOutput {
  readonly #channel: ServerChannel;
  readonly #closed: Promise<void>;
  #queue: Promise<void> = Promise.resolve();

  constructor(channel: ServerChannel) {
    this.#channel = channel;
    this.#closed = new Promise(resolve => channel.once('close', resolve));
  }

  write(target: Writable, chunk: Buffer | string): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      const written = new Promise<void>(resolve => target.write(chunk, () => resolve()));
      // A channel that was closed forgets the write; nobody waits for it then.
      await Promise.race([written, this.#closed]);
      const pending = this.#channel as unknown as PendingWrites;
      pending._chunk = undefined;
      pending._chunkcb = undefined;
      pending._chunkErr = undefined;
      pending._chunkcbErr = undefined;
    });
    return this.#queue;
  }

  /** Hands over all that comes from the source, no faster than the client takes it; resolves at its end. */
  async pump(source: Readable, target: Writable): Promise<void> {
    source.on('data', (chunk: Buffer) => {
      source.pause();
      void this.write(target, chunk).then(() => source.resume());
    });
    await new Promise<void>(resolve => {
      for (const event of ['end', 'error', 'close']) source.once(event, () => resolve());
    });
    await this.#queue;
  }
}
