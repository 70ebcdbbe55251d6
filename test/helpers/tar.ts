/** A member of a tar file, as the test reads it. */
export interface TarMember {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly content: Buffer;
}

/** Reads a tar file in memory, of POSIX's or GNU's format, long names and big numbers included; checks every checksum. */
export function readTar(bytes: Buffer): TarMember[] {
  const members: TarMember[] = [];
  let pax: Record<string, string> = {};
  let longName: string | undefined;
  for (let at = 0; at + 512 <= bytes.length; ) {
    const header = bytes.subarray(at, at + 512);
    if (header.every(byte => byte === 0)) return members;
    checkSum(header);
    const size = Number(pax['size'] ?? numberAt(header, 124, 12));
    const content = bytes.subarray(at + 512, at + 512 + size);
    const type = String.fromCharCode(header[156] ?? 0);
    at += 512 + Math.ceil(size / 512) * 512;
    if (type === 'x') {
      pax = parsePax(content);
      continue;
    }
    if (type === 'L') {
      longName = content.subarray(0, -1).toString();
      continue;
    }
    const isGnu = header.toString('latin1', 257, 265) === 'ustar  \0';
    const prefix = isGnu ? '' : textAt(header, 345, 155);
    const name = longName ?? pax['path'] ?? (prefix ? `${prefix}/` : '') + textAt(header, 0, 100);
    members.push({
      name,
      type,
      mode: numberAt(header, 100, 8),
      uid: Number(pax['uid'] ?? numberAt(header, 108, 8)),
      gid: Number(pax['gid'] ?? numberAt(header, 116, 8)),
      mtime: numberAt(header, 136, 12),
      content,
    });
    pax = {};
    longName = undefined;
  }
  throw new Error('the tar file has no end');
}

function checkSum(header: Buffer): void {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  if (sum !== numberAt(header, 148, 8)) throw new Error('a tar header has a wrong checksum');
}

function textAt(header: Buffer, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? undefined : end).toString();
}

function numberAt(header: Buffer, offset: number, length: number): number {
  if (((header[offset] ?? 0) & 0x80) === 0) return Number.parseInt(textAt(header, offset, length).trim() || '0', 8);
  let value = 0;
  for (const byte of header.subarray(offset + 1, offset + length)) value = value * 256 + byte;
  return value;
}

function parsePax(content: Buffer): Record<string, string> {
  const values: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(content.subarray(at, content.indexOf(32, at)).toString(), 10);
    const record = content.subarray(content.indexOf(32, at) + 1, at + length - 1).toString();
    values[record.slice(0, record.indexOf('='))] = record.slice(record.indexOf('=') + 1);
    at += length;
  }
  return values;
}
