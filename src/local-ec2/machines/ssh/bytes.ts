import type { Readable } from 'node:stream';

/** Takes a byte stream in pieces of the reader's choosing, no faster than they are used. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    // The end of input must not close a channel that is still to be answered on.
    this.#chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value]);
    return true;
  }

  /** At least one byte and at most so many. Throws at the end of the stream. */
  async upTo(count: number): Promise<Buffer> {
    while (this.#held.length === 0) if (!(await this.#more())) throw new Error('the connection ended too early');
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  async take(count: number): Promise<Buffer> {
    while (this.#held.length < count) if (!(await this.#more())) throw new Error('the connection ended too early');
    return this.upTo(count);
  }

  /** A line without its end; undefined at the end of the stream. */
  async lineOrEnd(limit = 65_536): Promise<string | undefined> {
    let end = this.#held.indexOf(10);
    while (end < 0) {
      if (this.#held.length > limit) throw new Error('a line is too long');
      if (!(await this.#more())) return undefined;
      end = this.#held.indexOf(10);
    }
    const line = this.#held.toString('utf8', 0, end);
    this.#held = this.#held.subarray(end + 1);
    return line;
  }

  async line(): Promise<string> {
    return (await this.lineOrEnd()) ?? '';
  }
}
