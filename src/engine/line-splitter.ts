import { StringDecoder } from 'node:string_decoder';

/** Longest piece kept while no line end comes, in UTF-16 units; the rest follows as a further line. */
const LONGEST = 1 << 20;

/** What of such a piece is kept back for the next one, so that no secret is cut in two. */
const KEPT_BACK = 1 << 16;

/**
 * Cuts a byte stream into lines as Packer shows them: split at LF, trailing white space removed, and of a line that was
 * overwritten with carriage returns (progress bars) only the last state.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #emit: (line: string) => void;
  readonly #mask: (text: string) => string;
  #rest = '';

  /** `mask` tells where a line that is too long must not be cut; `emit` gets its text as it came. */
  constructor(emit: (line: string) => void, mask: (text: string) => string = text => text) {
    this.#emit = emit;
    this.#mask = mask;
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
      const cut = this.#placeToCut();
      this.#emit(tidy(this.#rest.slice(0, cut)));
      this.#rest = this.#rest.slice(cut);
    }
  }

  /** Behind this offset a secret may begin whose end is still to come; none stands across it. */
  #placeToCut(): number {
    const whole = this.#mask(this.#rest);
    for (let at = this.#rest.length - KEPT_BACK; at > 0; at -= KEPT_BACK / 4)
      if (this.#mask(this.#rest.slice(0, at)) + this.#mask(this.#rest.slice(at)) === whole) return at;
    return this.#rest.length;
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
