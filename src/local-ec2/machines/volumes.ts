import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KilnError } from '../../sdk/errors.ts';
import { HOST_LAYER, type LayerId } from './contract.ts';
import type { StorePaths } from './paths.ts';
import { processRef } from './processes.ts';
import { copyAttributes, exists, makeFolder, mustRun, removeTree } from './system.ts';

/** What a root volume stands on; kept beside its writable layer. */
interface ChainFile {
  /** All layers under it, lowest first. */
  readonly layers: readonly LayerId[];
  /** Those of them that were frozen from this very volume, in order. */
  readonly frozen: readonly LayerId[];
}

const CHAIN = 'chain.json';
const DOOMED = '.doomed';
const FREEZING = 'freezing-';

/** Root volumes and the frozen layers they stand on. */
export class Volumes {
  readonly #paths: StorePaths;

  constructor(paths: StorePaths) {
    this.#paths = paths;
  }

  /**
   * Readies a volume for a machine and gives the layers under it, lowest first: the image's, and those frozen from
   * the volume since.
   */
  async open(volumeId: string, layers: readonly LayerId[]): Promise<readonly LayerId[]> {
    const folder = this.#paths.volume(volumeId);
    for (const name of await names(folder))
      if (name.startsWith(FREEZING)) await this.#finishFreeze(volumeId, name.slice(FREEZING.length));
    const { frozen } = await this.#chain(volumeId);
    const chain = [...layers, ...frozen.filter(layer => !layers.includes(layer))];
    for (const layer of chain) if (layer !== HOST_LAYER) await this.#mustExist(layer);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const upper = join(folder, 'upper');
    await this.#makeUpper(upper, chain);
    // overlayfs wants it empty, and a machine that was killed leaves its mark there.
    await removeTree(join(folder, 'work'));
    await mkdir(join(folder, 'work'));
    await this.#writeChain(volumeId, { layers: chain, frozen });
    return chain;
  }

  /** The root folder of a machine has the owner and mode of its topmost layer's. */
  async #makeUpper(upper: string, chain: readonly LayerId[]): Promise<void> {
    if (!(await makeFolder(upper))) return;
    const top = chain.at(-1);
    const like = await stat(top === undefined || top === HOST_LAYER ? '/' : this.#paths.layer(top));
    await copyAttributes(upper, like);
  }

  async #mustExist(layer: LayerId): Promise<void> {
    if (await exists(this.#paths.layer(layer))) return;
    throw new KilnError(`the layer "${layer}" of the image is not in the local EC2's store`, {
      hint: 'import or bake the image again',
      code: 'layer-missing',
    });
  }

  /**
   * Makes the written part a layer. `running`: it is in use, so it is copied; else it is moved, and an empty one takes
   * its place.
   */
  async freeze(volumeId: string, running: boolean): Promise<{ layer: LayerId; bytes: number }> {
    const folder = this.#paths.volume(volumeId);
    const upper = join(folder, 'upper');
    if (!(await exists(upper))) throw new KilnError(`the volume "${volumeId}" has no files in the local EC2's store`);
    const layer = newLayerId();
    const target = this.#paths.layer(layer);
    const draft = `${target}.${process.pid}.new`;
    await mkdir(this.#paths.layers, { recursive: true, mode: 0o700 });
    if (running) {
      try {
        await copyTree(upper, draft);
        for (const part of await parts(folder)) await placePart(part, draft, copyTree);
        await rename(draft, target);
      } finally {
        await removeTree(draft);
      }
    } else {
      await rename(upper, join(folder, FREEZING + layer));
      await this.#finishFreeze(volumeId, layer);
    }
    await syncTree(target);
    return { layer, bytes: await treeBytes(target) };
  }

  /** From any point where a killed process may have left it: the volume's files never get lost between two places. */
  async #finishFreeze(volumeId: string, layer: LayerId): Promise<void> {
    const folder = this.#paths.volume(volumeId);
    const moving = join(folder, FREEZING + layer);
    for (const part of await parts(folder)) await placePart(part, moving, rename);
    const { layers, frozen } = await this.#chain(volumeId);
    if (!frozen.includes(layer))
      await this.#writeChain(volumeId, { layers: [...layers, layer], frozen: [...frozen, layer] });
    await rename(moving, this.#paths.layer(layer));
    await this.#makeUpper(join(folder, 'upper'), [layer]);
  }

  /** A new, empty folder for a layer to be filled; `adopt` makes it one. */
  async draft(): Promise<{ folder: string; adopt(): Promise<{ layer: LayerId; bytes: number }> }> {
    const layer = newLayerId();
    const folder = `${this.#paths.layer(layer)}.${process.pid}.new`;
    await mkdir(folder, { recursive: true, mode: 0o755 });
    return {
      folder,
      adopt: async () => {
        await syncTree(folder);
        await rename(folder, this.#paths.layer(layer));
        return { layer, bytes: await treeBytes(this.#paths.layer(layer)) };
      },
    };
  }

  async delete(volumeId: string): Promise<void> {
    await removeTree(this.#paths.volume(volumeId));
    await rm(this.#paths.disk(volumeId), { force: true });
    await this.#purge();
  }

  /** Deletes a layer; one that a volume still stands on goes with the last such volume. */
  async deleteLayer(layer: LayerId): Promise<void> {
    if (layer === HOST_LAYER) return;
    const folder = this.#paths.layer(layer);
    if (!(await exists(folder))) return;
    if ((await this.#layersInUse()).has(layer)) await writeFile(folder + DOOMED, '');
    else await this.#remove(layer);
  }

  async #purge(): Promise<void> {
    const doomed = (await names(this.#paths.layers)).filter(name => name.endsWith(DOOMED));
    if (doomed.length === 0) return;
    const used = await this.#layersInUse();
    for (const name of doomed) {
      const layer = name.slice(0, -DOOMED.length);
      if (!used.has(layer)) await this.#remove(layer);
    }
  }

  async #remove(layer: LayerId): Promise<void> {
    const folder = this.#paths.layer(layer);
    // Out of sight first: half a layer must never look like a whole one.
    await rename(folder, `${folder}.old`);
    await removeTree(`${folder}.old`, folder + DOOMED);
  }

  /** Removes what killed processes left half made or half deleted. */
  async sweep(): Promise<void> {
    for (const name of await names(this.#paths.layers)) {
      const maker = /\.(\d+)\.new$/.exec(name)?.[1];
      const abandoned = maker !== undefined && !(await processRef(Number(maker)));
      if (abandoned || name.endsWith('.old')) await removeTree(join(this.#paths.layers, name));
    }
    await this.#purge();
  }

  async #layersInUse(): Promise<Set<LayerId>> {
    const used = new Set<LayerId>();
    for (const volume of await names(this.#paths.volumes))
      for (const layer of (await this.#chain(volume)).layers) used.add(layer);
    return used;
  }

  async #chain(volumeId: string): Promise<ChainFile> {
    const path = join(this.#paths.volume(volumeId), CHAIN);
    const text = await readFile(path, 'utf8').catch(() => '{}');
    const value = JSON.parse(text) as Partial<ChainFile>;
    return { layers: value.layers ?? [], frozen: value.frozen ?? [] };
  }

  async #writeChain(volumeId: string, chain: ChainFile): Promise<void> {
    const path = join(this.#paths.volume(volumeId), CHAIN);
    await writeFile(`${path}.new`, JSON.stringify(chain));
    await rename(`${path}.new`, path);
  }
}

function newLayerId(): LayerId {
  return `layer-${randomBytes(9).toString('hex')}`;
}

/** The name of a part's folder (see TreePart): a path without slashes. */
export function partName(at: string): string {
  return at.replaceAll('/', '+');
}

interface WrittenPart {
  readonly at: string;
  readonly folder: string;
}

/** What a volume has written in folders that were overlays of their own, outer before inner. */
async function parts(volume: string): Promise<WrittenPart[]> {
  const found = await names(join(volume, 'parts'));
  return found.sort().map(name => ({ at: name.replaceAll('+', '/'), folder: join(volume, 'parts', name) }));
}

/** Puts a part where it belongs in a layer; what stood there was covered by it. */
async function placePart(
  part: WrittenPart,
  layer: string,
  move: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const target = join(layer, part.at);
  await makeFolder(dirname(target));
  await removeTree(target);
  await move(part.folder, target);
}

async function copyTree(from: string, to: string): Promise<void> {
  await mustRun('the running machine could not be copied', 'cp', ['-a', '--reflink=auto', '--', from, to]);
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Machines run without syncing their files one by one; what becomes a layer reaches the disk here, all at once. */
async function syncTree(folder: string): Promise<void> {
  await mustRun('the layer could not be written to disk', 'sync', ['-f', '--', folder]);
}

/** Disk space of a tree, in bytes. */
async function treeBytes(folder: string): Promise<number> {
  const text = await mustRun('the layer could not be measured', 'du', ['-sk', '--', folder]);
  return Number.parseInt(text, 10) * 1024;
}
