import { lstat, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KilnError } from '../../sdk/errors.ts';
import type { DiskSpec } from './contract.ts';
import { type AttachedDisk, DiskShelf } from './disks.ts';
import { partitions } from './partition-table.ts';
import type { StorePaths } from './paths.ts';
import { isAlive, type ProcessRef } from './processes.ts';
import { ownProcess } from './records.ts';
import { runTool } from './system.ts';

/** How often a disk's partition table is looked at, in milliseconds. */
const LOOK = 250;
const SECTOR = 512;
/** Partitions that get a name of their own. */
const PARTITIONS = [1, 2, 3, 4] as const;

interface Record {
  readonly owner: ProcessRef;
  readonly links: readonly string[];
}

/**
 * Disks that this host sees itself, as an EC2 instance does: under the device name asked for, in both of its spellings,
 * which are links to the kernel's own names, as udev makes them on Nitro instances.
 */
export class HostDisks {
  readonly #shelf: DiskShelf;
  readonly #links = new Map<string, readonly string[]>();
  readonly #watching = new Map<string, PartitionWatch>();
  readonly #record: string;

  constructor(paths: StorePaths) {
    this.#shelf = new DiskShelf(paths);
    this.#record = join(paths.root, 'host-disks.json');
  }

  async attach(disk: DiskSpec): Promise<void> {
    const names = spellings(basename(disk.device));
    for (const name of names) {
      if (await lstat(`/dev/${name}`).catch(() => undefined))
        throw new KilnError(`this host has a /dev/${name} already`, { hint: 'use another device name' });
    }
    const attached = await this.#shelf.put(disk, true);
    const { loop } = attached;
    const watch = new PartitionWatch(attached);
    await watch.look();
    this.#watching.set(disk.volumeId, watch);
    const links = names.flatMap(name => [`/dev/${name}`, ...PARTITIONS.map(number => `/dev/${name}${number}`)]);
    this.#links.set(disk.volumeId, links);
    await this.#write();
    try {
      for (const name of names) {
        await symlink(basename(loop), `/dev/${name}`);
        for (const number of PARTITIONS) await symlink(`${basename(loop)}p${number}`, `/dev/${name}${number}`);
      }
    } catch (error) {
      await this.detach(disk.volumeId);
      throw error;
    }
  }

  async detach(volumeId: string): Promise<void> {
    await this.#watching.get(volumeId)?.stop();
    this.#watching.delete(volumeId);
    await removeLinks(this.#links.get(volumeId) ?? []);
    this.#links.delete(volumeId);
    await this.#write();
    await this.#shelf.release(volumeId);
  }

  flush(volumeId: string): Promise<boolean> {
    return this.#shelf.flush(volumeId);
  }

  /** Lets go of all, without waiting for who still uses them. */
  async close(): Promise<void> {
    for (const watch of this.#watching.values()) await watch.stop();
    this.#watching.clear();
    for (const links of this.#links.values()) await removeLinks(links);
    this.#links.clear();
    await this.#write();
    await this.#shelf.releaseAll();
  }

  /** Removes the links that a killed process left. Its disks have freed themselves, but for those still mounted. */
  async sweep(): Promise<void> {
    const text = await readFile(this.#record, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    const { owner, links } = JSON.parse(text) as Record;
    if (await isAlive(owner)) return;
    await removeLinks(links);
    await rm(this.#record, { force: true });
  }

  async #write(): Promise<void> {
    const links = [...this.#links.values()].flat();
    if (links.length === 0) return rm(this.#record, { force: true });
    const record: Record = { owner: await ownProcess(), links };
    await writeFile(this.#record, JSON.stringify(record));
  }
}

/**
 * Tells the kernel of a disk's partitions whenever its table changes: not every kernel reads it by itself, and no
 * program has to ask for it on an EC2 instance.
 */
class PartitionWatch {
  readonly #disk: AttachedDisk;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(disk: AttachedDisk) {
    this.#disk = disk;
    this.#timer = setInterval(() => void this.look(), LOOK).unref();
  }

  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#update()).catch(() => {});
    return this.#looking;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  async #update(): Promise<void> {
    if (!this.#timer) return;
    const { handle, loop } = this.#disk;
    const found = (await partitions(handle)).map(({ offset, length }) => `${offset / SECTOR} ${length / SECTOR}`);
    // The kernel may have forgotten what it was told: a program that writes a table makes it read that anew.
    if (found.join() !== (await shownPartitions(basename(loop))).join()) await runTool('partx', ['--update', loop]);
  }
}

/** First sector and length of the partitions that the kernel shows of a disk. */
async function shownPartitions(disk: string): Promise<string[]> {
  const names = (await readdir(`/sys/block/${disk}`)).filter(name => name.startsWith(`${disk}p`));
  const numbered = names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const read = async (name: string, what: string): Promise<string> =>
    (await readFile(`/sys/block/${disk}/${name}/${what}`, 'utf8')).trim();
  return Promise.all(numbered.map(async name => `${await read(name, 'start')} ${await read(name, 'size')}`));
}

function spellings(name: string): string[] {
  const match = /^(?:sd|xvd)([a-z]+)$/.exec(name);
  return match ? [`sd${match[1]}`, `xvd${match[1]}`] : [name];
}

async function removeLinks(links: readonly string[]): Promise<void> {
  for (const link of links) {
    const found = await lstat(link).catch(() => undefined);
    // A device of that name that has come since is none of ours.
    if (found?.isSymbolicLink()) await rm(link, { force: true });
  }
}
