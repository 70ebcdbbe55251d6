import { FunctionError } from './contract.ts';

/** Names of one encoding, as IANA registers them, folded to small letters. */
const UTF16_BE = new Set(['utf-16be']);
const UTF16_LE = new Set(['utf-16le']);
const UTF8 = new Set(['utf-8', 'utf8']);

function unknownEncoding(name: string): FunctionError {
  return new FunctionError(
    `there is no text encoding "${name}"`,
    1,
    'use an IANA name such as UTF-8, UTF-16LE, UTF-16BE, ISO-8859-1 or windows-1252',
  );
}

export function decodeText(bytes: Buffer, encoding: string): string {
  const name = encoding.toLowerCase();
  // The web's decoders take Latin 1 for windows-1252.
  if (name === 'iso-8859-1' || name === 'latin1' || name === 'us-ascii') return bytes.toString('latin1');
  try {
    return new TextDecoder(name === 'utf-16' ? 'utf-16be' : name, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw unknownEncoding(encoding);
    throw new FunctionError(`the bytes are not ${encoding} text`, 0);
  }
}

export function encodeText(text: string, encoding: string): Buffer {
  const name = encoding.toLowerCase();
  if (UTF8.has(name)) return Buffer.from(text, 'utf8');
  if (UTF16_LE.has(name)) return Buffer.from(text, 'utf16le');
  if (UTF16_BE.has(name)) return Buffer.from(text, 'utf16le').swap16();
  if (name === 'utf-16') return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  return encodeBytewise(text, encoding, name);
}

/** Encodings of one byte per character: the decoder's own table, turned round. */
function encodeBytewise(text: string, encoding: string, name: string): Buffer {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  let table: string;
  try {
    table =
      name === 'iso-8859-1' || name === 'latin1' || name === 'us-ascii'
        ? all.toString('latin1')
        : new TextDecoder(name).decode(all);
  } catch {
    throw unknownEncoding(encoding);
  }
  if (table.length !== 256)
    throw new FunctionError(
      `text cannot be encoded as "${encoding}"`,
      1,
      'use UTF-8, UTF-16LE, UTF-16BE or an encoding of one byte per character',
    );
  const bytes = [...text].map(char => {
    const byte = char === '\ufffd' ? -1 : table.indexOf(char);
    if (byte < 0 || (name === 'us-ascii' && byte > 127))
      throw new FunctionError(`${encoding} has no character "${char}"`, 0);
    return byte;
  });
  return Buffer.from(bytes);
}
