/**
 * Go's strings are bytes, JavaScript's are UTF-16 units. A byte that is no valid UTF-8 (from `\xff` or a slice through a
 * character) is carried as a lone surrogate U+DC80..U+DCFF until the text is finished.
 */
const ASCII = /^[\x00-\x7f]*$/;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const LONE_TEST = new RegExp(LONE.source);

export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** Whether a code point stands for a raw byte. */
export function rawByte(codePoint: number): number | undefined {
  return codePoint >= 0xdc80 && codePoint <= 0xdcff ? codePoint - 0xdc00 : undefined;
}

/** The UTF-8 form of a text, raw bytes restored. */
export function toBytes(text: string): Uint8Array {
  if (!LONE_TEST.test(text)) return Buffer.from(text, 'utf8');
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const match of text.matchAll(LONE)) {
    const byte = rawByte(match[0].charCodeAt(0));
    if (byte === undefined) continue;
    parts.push(Buffer.from(text.slice(from, match.index), 'utf8'), Uint8Array.of(byte));
    from = match.index + 1;
  }
  parts.push(Buffer.from(text.slice(from), 'utf8'));
  return Buffer.concat(parts);
}

/** Length of the UTF-8 sequence at `at`; 0 when the bytes there are no valid one. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1] ?? 0;
  const tooLow = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const tooHigh = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f);
  return tooLow || tooHigh ? 0 : length;
}

/** The text of some bytes; invalid ones become raw byte marks. */
export function fromBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let result = '';
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    result += buffer.toString('utf8', from, at) + String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += 1;
    from = at;
  }
  return result + buffer.toString('utf8', from);
}

/** Number of bytes, as Go's len gives it. */
export function byteLength(text: string): number {
  return isAscii(text) ? text.length : toBytes(text).length;
}

/** Go's order of strings: by bytes. */
export function compareTexts(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(toBytes(a), toBytes(b));
}

/** A finished text: what is no character becomes U+FFFD. */
export function wellFormed(text: string): string {
  return LONE_TEST.test(text) ? text.replace(LONE, '\ufffd') : text;
}
