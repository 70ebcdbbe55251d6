import type { FileHandle } from 'node:fs/promises';

/** A stretch of a disk, in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

const SECTOR = 512;
const SIGNATURE = 0xaa55;
/** The one entry of a disk that has a GPT. */
const PROTECTIVE = 0xee;
/** Extended partitions, which only hold others. */
const CONTAINERS: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85]);
const LINUX = 0x83;
/** Where partitions begin by convention: aligned for every kind of disk. */
const FIRST_PARTITION = 1024 * 1024;

/** The partitions that a disk's MBR or GPT lists, in order; none when it has no table. */
export async function partitions(disk: FileHandle): Promise<Extent[]> {
  const mbr = await read(disk, 0, SECTOR);
  if (mbr.length < SECTOR || mbr.readUInt16LE(510) !== SIGNATURE) return [];
  const entries = [0, 1, 2, 3].map(index => mbr.subarray(446 + index * 16, 462 + index * 16));
  if (entries.some(entry => entry[4] === PROTECTIVE)) return gptPartitions(disk);
  return entries
    .filter(entry => entry[4] !== 0 && !CONTAINERS.has(entry[4] ?? 0))
    .map(entry => ({ offset: entry.readUInt32LE(8) * SECTOR, length: entry.readUInt32LE(12) * SECTOR }))
    .filter(extent => extent.length > 0);
}

/** GUID partition table (UEFI specification, chapter 5). */
async function gptPartitions(disk: FileHandle): Promise<Extent[]> {
  const header = await read(disk, SECTOR, 92);
  if (header.length < 92 || header.toString('latin1', 0, 8) !== 'EFI PART') return [];
  const count = Math.min(header.readUInt32LE(80), 128);
  const size = header.readUInt32LE(84);
  if (size < 128 || size > 4096) return [];
  const table = await read(disk, Number(header.readBigUInt64LE(72)) * SECTOR, count * size);
  const found: Extent[] = [];
  for (let at = 0; at + size <= table.length; at += size) {
    const first = Number(table.readBigUInt64LE(at + 32));
    const last = Number(table.readBigUInt64LE(at + 40));
    const used = table.subarray(at, at + 16).some(byte => byte !== 0);
    if (used && last >= first) found.push({ offset: first * SECTOR, length: (last - first + 1) * SECTOR });
  }
  return found;
}

async function read(disk: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await disk.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Writes an MBR with one Linux partition that takes all of the disk; gives the partition. */
export async function writeOnePartition(disk: FileHandle, diskBytes: number): Promise<Extent> {
  const extent = { offset: FIRST_PARTITION, length: diskBytes - FIRST_PARTITION };
  const mbr = Buffer.alloc(SECTOR);
  const entry = mbr.subarray(446, 462);
  entry[0] = 0x80;
  entry[4] = LINUX;
  // Cylinders and heads say nothing on disks of this size: all ones mean "see the sector numbers".
  for (const at of [1, 5]) entry.fill(0xff, at, at + 3);
  entry.writeUInt32LE(extent.offset / SECTOR, 8);
  entry.writeUInt32LE(Math.min(extent.length / SECTOR, 0xffffffff), 12);
  mbr.writeUInt16LE(SIGNATURE, 510);
  await disk.write(mbr, 0, SECTOR, 0);
  return extent;
}
