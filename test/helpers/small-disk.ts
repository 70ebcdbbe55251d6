import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILLER = '.filler';

/** Why small disks cannot be had here, as a suffix for a title; empty when they can. */
export const WHY_NO_SMALL_DISK =
  process.platform !== 'linux' || process.getuid?.() !== 0 ? ' (skipped: needs root to mount a small file system)' : '';

/** A file system of half a mebibyte, mounted at a folder. */
export class SmallDisk {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=755', 'tmpfs', path], {
      encoding: 'utf8',
    });
    assert.equal(mounted.status, 0, mounted.stderr);
  }

  /** Fills it but for some blocks of 4096 bytes. */
  fill(free = 0): void {
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(join(this.path, FILLER), Buffer.alloc((bavail - free) * bsize));
  }

  /** Makes room again. */
  empty(): void {
    unlinkSync(join(this.path, FILLER));
  }

  unmount(): void {
    spawnSync('umount', ['-l', this.path]);
  }
}
