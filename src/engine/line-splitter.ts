import { StringDecoder } from 'node:string_decoder';

/** Longest piece kept while no line end comes, in UTF-16 units; the rest follows as a further line. */
const LONGEST = 1 << 20;

/**
 * Cuts a byte stream into lines as Packer shows them: split at LF, trailing white space removed, and of a line that was
 * overwritten with carriage returns (progress bars) only the last state.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #emit: (line: string) => void;
  #rest = '';

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  write(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#emit(tidy(text.slice(start, end)));
      start = end + 1;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > LONGEST) {
      this.#emit(tidy(this.#rest));
      this.#rest = '';
    }
  }

  /** The last line, when it had no line end. */
  end(): void {
    const text = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (text !== '') this.#emit(tidy(text));
  }
}

function tidy(line: string): string {
  const trimmed = line.trimEnd();
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1);
}
