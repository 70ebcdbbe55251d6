import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import type { SourceFile, Span } from '../../sdk/source.ts';
import { quoted } from './quote.ts';
import type { ReadResult } from './read.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How files of other kinds begin, for those that are given for a template by mistake. */
const SIGNATURES: readonly (readonly [bytes: string, name: string])[] = [
  ['1f8b', 'a gzip archive'],
  ['504b0304', 'a zip archive'],
  ['fd377a585a00', 'an xz archive'],
  ['28b52ffd', 'a zstd archive'],
  ['7f454c46', 'a program (ELF)'],
  ['89504e47', 'a PNG image'],
  ['ffd8ff', 'a JPEG image'],
  ['25504446', 'a PDF document'],
];

/** The text of bytes that must be UTF-8; a byte order mark is taken off. Anything else gives one diagnostic that names what it is. */
export function decodeText(path: string, bytes: Buffer, from: Span | undefined): ReadResult {
  const utf16 = utf16Kind(bytes);
  const head = bytes.toString('hex', 0, 8);
  const signature = SIGNATURES.find(([start]) => head.startsWith(start))?.[1];
  if (utf16) {
    return failed(
      errorAt(from, 'not-utf8', `${quoted(path)} is ${utf16} text, not UTF-8`, {
        hint: 'save it as UTF-8; PowerShell: Set-Content -Encoding utf8, elsewhere: iconv -f UTF-16 -t UTF-8',
      }),
    );
  }
  if (signature) {
    return failed(
      errorAt(from, 'binary-file', `${quoted(path)} is ${signature}, not text`, {
        hint: 'check whether this is the right file',
      }),
    );
  }
  try {
    const text = strictUtf8.decode(bytes);
    const bom = text.charCodeAt(0) === 0xfeff;
    const source: SourceFile = { path, text: bom ? text.slice(1) : text };
    const nul = source.text.indexOf('\0');
    return nul < 0 ? { source, bom, diagnostics: [] } : failed(binary(source, nul));
  } catch {
    return failed(notUtf8(path, bytes));
  }
}

function failed(diagnostic: Diagnostic): ReadResult {
  return { bom: false, diagnostics: [diagnostic] };
}

function binary(file: SourceFile, at: number): Diagnostic {
  return errorAt({ file, start: at, end: at + 1 }, 'binary-file', 'the file holds a NUL byte: it is not text', {
    hint: 'check whether this is the right file',
  });
}

/** Names and places the first byte that is no UTF-8, with the character it is in the usual one-byte encoding. */
function notUtf8(path: string, bytes: Buffer): Diagnostic {
  const at = firstBadByte(bytes);
  const byte = bytes[at] ?? 0;
  const before = bytes.toString('utf8', 0, at);
  const file: SourceFile = { path, text: before + bytes.toString('latin1', at) };
  if (bytes.includes(0)) return binary(file, before.length);
  const name = `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  const latin = byte >= 0xa0 ? ` (in Latin-1: ${String.fromCharCode(byte)})` : '';
  return errorAt(
    { file, start: before.length, end: before.length + 1 },
    'not-utf8',
    `the file is not UTF-8: the byte ${name}${latin} stands here`,
    { hint: 'save the file as UTF-8, e.g. with iconv -f ISO-8859-1 -t UTF-8' },
  );
}

/** The offset of the first byte that belongs to no valid UTF-8 sequence, by halving. */
function firstBadByte(bytes: Buffer): number {
  const decodes = (to: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, to), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = good + ((bad - good) >> 1);
    if (decodes(middle)) good = middle;
    else bad = middle;
  }
  // The sequence that breaks off at `good` begins with its lead byte, up to three bytes earlier.
  let lead = good - 1;
  while (lead >= 0 && lead > good - 4 && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead--;
  const first = bytes[lead] ?? 0;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return lead >= 0 && length > good - lead ? lead : good;
}

function utf16Kind(bytes: Buffer): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'UTF-32' : 'UTF-16';
  if (a === 0xfe && b === 0xff) return 'UTF-16';
  if (bytes.length < 4) return undefined;
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return 'UTF-16';
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'UTF-16';
  return undefined;
}
