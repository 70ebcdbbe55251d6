import type { LayerId } from './machines/contract.ts';
import type { DiskContent, VolumeRecord } from './store/model.ts';
import type { World } from './world.ts';

/**
 * What volumes hold. A root volume is a chain of layers, a data volume an image file; one becomes the other when it is
 * used so. Layers and image files go when no volume and no snapshot has them any more.
 */
export class VolumeContents {
  private readonly world: World;
  private collecting: Promise<void> = Promise.resolve();

  constructor(world: World) {
    this.world = world;
  }

  /** What a volume holds now, never to change again. @param live a machine runs on it */
  async freeze(volume: VolumeRecord, live: boolean): Promise<DiskContent> {
    const { content } = volume;
    if (!volume.written) return structuredClone(content);
    if (!content.layers) return { imageFile: await this.freezeDisk(volume) };
    const { layer, bytes } = await this.world.machines.freeze(volume.id);
    this.addLayer(layer, bytes);
    const frozen = [...content.layers, layer];
    // The layer of a machine at rest was moved: the volume goes on above it. A live one was copied.
    if (!live) volume.content = { layers: [...frozen] };
    return { layers: frozen };
  }

  /** Readies a volume to be started from. Throws a KilnError when no root file system is on it. */
  async asRoot(volume: VolumeRecord): Promise<void> {
    const { layers, imageFile } = volume.content;
    if (layers) {
      volume.content = { layers };
      return;
    }
    const image = volume.written ? await this.freezeDisk(volume) : imageFile;
    const { layer, bytes } = await this.world.machines.disks.unpack(image);
    this.addLayer(layer, bytes);
    if (volume.written) await this.world.machines.deleteVolume(volume.id);
    else
      this.remember(snapshot => snapshot.imageFile !== undefined && snapshot.imageFile === image, { layers: [layer] });
    volume.content = { layers: [layer] };
    volume.written = false;
    await this.collect();
  }

  /** Readies a volume to be shown as a disk. */
  async asDisk(volume: VolumeRecord): Promise<void> {
    const { layers, imageFile } = volume.content;
    if (imageFile !== undefined || !layers) {
      volume.content = imageFile === undefined ? {} : { imageFile };
    } else {
      const chain = volume.written ? ((await this.freeze(volume, false)).layers ?? []) : layers;
      const packed = await this.world.machines.disks.pack(chain, volume.size);
      this.addImage(packed.imageFile, packed.bytes);
      if (volume.written) await this.world.machines.deleteVolume(volume.id);
      else if (packed.bytes > 0) {
        const same = (one: DiskContent): boolean => one.layers?.join() === layers.join();
        this.remember(same, { imageFile: packed.imageFile }, volume.size);
      }
      volume.content = { imageFile: packed.imageFile };
    }
    volume.written = true;
    this.world.touch();
  }

  /** Deletes what a volume wrote. The record must be gone from the store already. */
  async delete(volume: VolumeRecord): Promise<void> {
    if (volume.written) await this.world.machines.deleteVolume(volume.id);
    await this.collect();
  }

  /** Deletes the layers and image files that nothing uses any more. */
  collect(): Promise<void> {
    this.collecting = this.collecting.catch(() => {}).then(() => this.collectNow());
    return this.collecting;
  }

  /** Resolves when nothing is being deleted. */
  settled(): Promise<void> {
    return this.collecting.catch(() => {});
  }

  private async collectNow(): Promise<void> {
    const { state } = this.world.store;
    const layers = new Set<LayerId>();
    const images = new Set<string>();
    for (const region of Object.values(state.regions)) {
      for (const { content } of [...Object.values(region.volumes), ...Object.values(region.snapshots)]) {
        for (const layer of content.layers ?? []) layers.add(layer);
        if (content.imageFile !== undefined) images.add(content.imageFile);
      }
    }
    for (const layer of Object.keys(state.layers)) {
      if (layers.has(layer)) continue;
      delete state.layers[layer];
      this.world.touch();
      await this.world.machines.deleteLayer(layer);
    }
    for (const image of Object.keys(state.diskImages ?? {})) {
      if (images.has(image)) continue;
      delete state.diskImages?.[image];
      this.world.touch();
      await this.world.machines.disks.deleteImage(image);
    }
  }

  private async freezeDisk(volume: VolumeRecord): Promise<string> {
    const { imageFile, bytes } = await this.world.machines.disks.freeze(volume.id);
    this.addImage(imageFile, bytes);
    return imageFile;
  }

  /** What was made of a snapshot's content once serves all further volumes of it, as far as it fits them. */
  private remember(same: (content: DiskContent) => boolean, more: DiskContent, size?: number): void {
    for (const region of Object.values(this.world.store.state.regions)) {
      for (const snapshot of Object.values(region.snapshots))
        if (same(snapshot.content) && (size === undefined || snapshot.size === size))
          snapshot.content = { ...snapshot.content, ...more };
    }
    this.world.touch();
  }

  private addLayer(layer: LayerId, bytes: number): void {
    this.world.store.state.layers[layer] = bytes;
    this.world.touch();
  }

  private addImage(imageFile: string, bytes: number): void {
    const { state } = this.world.store;
    state.diskImages ??= {};
    state.diskImages[imageFile] = bytes;
    this.world.touch();
  }
}
