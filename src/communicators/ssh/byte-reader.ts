import type { Readable } from 'node:stream';
import { connectionFailure } from '../../sdk/scripts/connection-failure.ts';

/** Reads exact numbers of bytes from a stream and leaves the rest for whoever reads it next. */
export class ByteReader {
  readonly #stream: Readable;
  readonly #ended: () => Error;
  #wake: (() => void) | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Stops listening; the stream goes on. */
  readonly release: () => void;

  /** `where` names the other side in errors. */
  constructor(stream: Readable, where: string, signal: AbortSignal) {
    this.#stream = stream;
    const onReadable = (): void => this.#wake?.();
    this.#ended = () => connectionFailure(`${where} closed the connection`);
    const onEnd = (): void => this.fail(this.#ended());
    const onError = (error: Error): void =>
      this.fail(connectionFailure(`${where}: ${error.message}`, { cause: error }));
    const onAbort = (): void => this.fail(signal.reason);
    stream.on('readable', onReadable).on('end', onEnd).on('close', onEnd).on('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.release = () => {
      signal.removeEventListener('abort', onAbort);
      stream.off('readable', onReadable).off('end', onEnd).off('close', onEnd).off('error', onError);
    };
  }

  /** Makes the pending and every later read throw. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  async read(length: number): Promise<Buffer> {
    for (;;) {
      const bytes: Buffer | null = this.#stream.read(length);
      if (bytes?.length === length) return bytes;
      // Less than was asked for is given only at the stream's end.
      if (bytes) this.fail(this.#ended());
      if (this.#failure) throw this.#failure.error;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  /** The text up to the next line feed, which is consumed. */
  async line(): Promise<string> {
    const bytes: number[] = [];
    for (;;) {
      const byte = (await this.read(1))[0];
      if (byte === undefined || byte === 10) return Buffer.from(bytes).toString();
      bytes.push(byte);
    }
  }
}
