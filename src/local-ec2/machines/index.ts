import { mkdir } from 'node:fs/promises';
import { KilnError } from '../../sdk/errors.ts';
import { cgroupOf, freezeCgroup } from './cgroup.ts';
import type { Disks, MachineSpec, Machines } from './contract.ts';
import { deleteImage, freezeDisk, packLayers, sweepImages, unpackDisk } from './disk-images.ts';
import { prepareRunSkeleton } from './guest/units.ts';
import { checkHost } from './host.ts';
import { HostDisks } from './host-disks.ts';
import { importLayer } from './import-layer.ts';
import { type NamespaceMachine, type Shared, startMachine } from './machine.ts';
import { checkedId, storePaths } from './paths.ts';
import { sweepRuns } from './records.ts';
import { prepareStandIn, type StandIn } from './stand-in.ts';
import { prepareToolbox } from './toolbox.ts';
import { Volumes } from './volumes.ts';

export interface NamespaceMachinesOptions {
  /** The store's folder; machines keep their things in folders of their own in it. */
  readonly dataDir: string;
  /** Told what the user should know but need not act on. */
  onNotice?(text: string): void;
}

/** Machines made of Linux namespaces and overlays. Root only; call checkHost() for a clear word on what is missing. */
export async function createNamespaceMachines(options: NamespaceMachinesOptions): Promise<Machines> {
  const paths = storePaths(options.dataDir);
  const volumes = new Volumes(paths);
  const running = new Map<string, { readonly spec: MachineSpec; readonly machine: NamespaceMachine }>();
  const hostDisks = new HostDisks(paths);
  let shared: Promise<Shared> | undefined;

  /** Made when the first machine starts, so that API-only use of the store costs nothing. */
  const prepare = async (): Promise<Shared> => {
    await mkdir(paths.root, { recursive: true, mode: 0o700 });
    await mkdir(paths.runs, { recursive: true, mode: 0o700 });
    const [toolbox, skeleton] = await Promise.all([prepareToolbox(paths.tools), prepareRunSkeleton(paths.tools)]);
    let standIn: Promise<StandIn> | undefined;
    return {
      paths,
      toolbox,
      skeleton,
      standIn: () => {
        standIn ??= prepareStandIn(paths);
        return standIn;
      },
      notice: text => options.onNotice?.(text),
    };
  };

  const machineOf = (instanceId: string): NamespaceMachine => {
    const found = running.get(instanceId)?.machine;
    if (found) return found;
    throw new KilnError(`the machine ${instanceId} is not running`);
  };

  /** Lets file systems on a disk that is in use write what they hold back; false when nobody uses it. */
  const flushed = async (volumeId: string): Promise<boolean> => {
    for (const { machine } of running.values()) if (await machine.flushDisk(volumeId)) return true;
    return hostDisks.flush(volumeId);
  };

  const disks: Disks = {
    attach: async (instanceId, disk) => machineOf(instanceId).attachDisk(disk),
    detach: async (instanceId, volumeId) => machineOf(instanceId).detachDisk(volumeId),
    attachToHost: disk => hostDisks.attach(disk),
    detachFromHost: volumeId => hostDisks.detach(volumeId),
    freeze: async volumeId => freezeDisk(paths, volumeId, await flushed(volumeId)),
    unpack: imageFile => unpackDisk(paths, volumes, imageFile),
    pack: (layers, sizeGiB) => packLayers(paths, layers, sizeGiB),
    deleteImage: imageFile => deleteImage(paths, imageFile),
  };

  const holderOf = (volumeId: string): string | undefined =>
    [...running.values()].find(one => one.spec.rootVolumeId === volumeId)?.spec.instanceId;

  return {
    disks,
    checkHost: async () => {
      await mkdir(paths.root, { recursive: true, mode: 0o700 });
      await checkHost(paths);
    },

    async start(spec) {
      checkedId(spec.instanceId);
      if (running.has(spec.instanceId)) throw new KilnError(`the machine ${spec.instanceId} is already running`);
      shared ??= prepare();
      shared.catch(() => {
        shared = undefined;
      });
      const chain = await volumes.open(spec.rootVolumeId, spec.layers);
      const machine = await startMachine(await shared, spec, chain);
      running.set(spec.instanceId, { spec, machine });
      void machine.ended.then(() => running.delete(spec.instanceId));
      return machine;
    },

    async freeze(rootVolumeId) {
      const holder = holderOf(rootVolumeId);
      if (holder === undefined) return volumes.freeze(rootVolumeId, false);
      // The machine holds its breath while it is copied, so that the copy is of one moment.
      const cgroup = await cgroupOf(holder);
      if (cgroup !== undefined) await freezeCgroup(cgroup, true);
      try {
        return await volumes.freeze(rootVolumeId, true);
      } finally {
        if (cgroup !== undefined) await freezeCgroup(cgroup, false);
      }
    },

    deleteVolume: async volumeId => {
      const holder = holderOf(volumeId);
      if (holder !== undefined) throw new KilnError(`the volume ${volumeId} is in use by the machine ${holder}`);
      await volumes.delete(volumeId);
    },

    deleteLayer: layer => volumes.deleteLayer(layer),
    importLayer: (source, signal) => importLayer(volumes, source, signal),

    async sweep() {
      await sweepRuns(paths);
      await hostDisks.sweep();
      await volumes.sweep();
      await sweepImages(paths);
    },

    async close() {
      await Promise.all([...running.values()].map(one => one.machine.stop(0)));
      await hostDisks.close();
    },
  };
}
