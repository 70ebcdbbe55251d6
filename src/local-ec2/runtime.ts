import { messageOf } from '../sdk/errors.ts';
import { endSpotRequest, Interruptions } from './interruptions.ts';
import { diskSpec, machineSpec, SSH_PORT_TAG } from './machine-spec.ts';
import type { RunningMachine } from './machines/contract.ts';
import type { DiskContent, InstanceRecord, RegionState, StateReason, VolumeRecord } from './store/model.ts';
import { TaskQueues } from './task-queues.ts';
import { VolumeContents } from './volume-contents.ts';
import type { World } from './world.ts';

/** How long a guest may take to shut down before it is forced, milliseconds. */
const STOP_GRACE = 30_000;
const CLOSE_GRACE = 10_000;
/** Console text kept of a machine, characters; EC2 keeps the last 64 KiB. */
const CONSOLE_LIMIT = 65_536;

/** Moves instances through their states, and their machines with them. Work on one instance is done one after another. */
export class Runtime {
  private readonly world: World;
  private readonly contents: VolumeContents;
  private readonly running = new Map<string, RunningMachine>();
  private readonly queues = new TaskQueues();
  private readonly interruptions: Interruptions;
  private closing = false;

  constructor(world: World) {
    this.world = world;
    this.contents = new VolumeContents(world);
    this.interruptions = new Interruptions(world, (region, instance, reason) =>
      this.terminate(region, instance, reason, ''),
    );
  }

  machineOf(instanceId: string): RunningMachine | undefined {
    return this.running.get(instanceId);
  }

  /** From `pending` to `running`, or to `terminated` when the machine does not come up. */
  launch(region: string, instance: InstanceRecord): void {
    const { lifecycle, faults } = this.world;
    let failure: StateReason | undefined = faults.failureOf('instance');
    const work = failure ? undefined : this.queues.enqueue(instance.id, () => this.boot(region, instance));
    const watched = work?.catch((error: unknown) => {
      this.world.notice(`instance ${instance.id} did not start: ${messageOf(error)}`);
      failure = { code: 'Server.InternalError', message: `Server.InternalError: ${messageOf(error)}` };
    });
    lifecycle.after(
      'pending',
      instance.id,
      () => {
        if (instance.state !== 'pending') return;
        if (failure) return this.terminate(region, instance, failure, '');
        instance.state = 'running';
        this.world.touch();
        this.interruptions.plan(region, instance);
      },
      watched,
      faults.extraTimeOf('instance'),
    );
  }

  stop(instance: InstanceRecord, reason: StateReason, transition: string, force = false): void {
    const { lifecycle } = this.world;
    lifecycle.cancel(instance.id);
    instance.state = 'stopping';
    instance.stateReason = reason;
    instance.transitionReason = transition;
    const work = this.queues.enqueue(instance.id, () => this.halt(instance, force ? 0 : STOP_GRACE));
    lifecycle.after(
      'stopping',
      instance.id,
      () => {
        if (instance.state !== 'stopping') return;
        instance.state = 'stopped';
        this.world.touch();
      },
      this.reported(work, `instance ${instance.id} did not stop`),
    );
  }

  terminate(region: string, instance: InstanceRecord, reason: StateReason, transition: string): void {
    const { lifecycle } = this.world;
    lifecycle.cancel(instance.id);
    instance.state = 'shutting-down';
    instance.stateReason = reason;
    instance.transitionReason = transition;
    instance.endedAt = this.world.now();
    const state = this.world.region(region);
    // What a surviving volume holds deserves an orderly end; what is thrown away does not.
    const survives = instance.disks.some(disk => !disk.deleteOnTermination);
    const work = this.queues.enqueue(instance.id, async () => {
      await this.halt(instance, survives ? STOP_GRACE : 0);
      await this.releaseDisks(state, instance);
    });
    lifecycle.after(
      'shuttingDown',
      instance.id,
      () => {
        instance.state = 'terminated';
        instance.disks = [];
        endSpotRequest(state, instance);
        this.world.touch();
      },
      this.reported(work, `instance ${instance.id} did not end cleanly`),
    );
    this.world.touch();
  }

  /** Stop and start in place; the state stays `running`. */
  reboot(region: string, instance: InstanceRecord): Promise<void> {
    const work = this.queues.enqueue(instance.id, async () => {
      await this.halt(instance, STOP_GRACE);
      await this.boot(region, instance);
    });
    return this.reported(work, `instance ${instance.id} did not reboot`);
  }

  /**
   * Freezes the disks of an instance, which is shut down meanwhile when it runs and `reboot` is set.
   * `freeze` is given each volume's content, by volume id.
   */
  snapshotInstance(
    region: string,
    instance: InstanceRecord,
    volumes: readonly VolumeRecord[],
    reboot: boolean,
  ): Promise<ReadonlyMap<string, DiskContent>> {
    return this.queues.enqueue(instance.id, async () => {
      const restart = reboot && this.running.has(instance.id);
      if (restart) await this.halt(instance, STOP_GRACE);
      try {
        const contents = new Map<string, DiskContent>();
        for (const volume of volumes)
          contents.set(volume.id, await this.contents.freeze(volume, this.running.has(instance.id)));
        return contents;
      } finally {
        if (restart && instance.state === 'running') await this.boot(region, instance);
      }
    });
  }

  /** Freezes one volume, in turn with what else happens to the instance it is attached to. */
  snapshotVolume(volume: VolumeRecord): Promise<DiskContent> {
    const holder = volume.attachment?.instanceId;
    return this.queues.enqueue(holder ?? volume.id, () =>
      this.contents.freeze(volume, holder !== undefined && this.running.has(holder)),
    );
  }

  /** Deletes what a volume wrote. The record must be gone from the store already. */
  deleteVolume(volume: VolumeRecord): Promise<void> {
    return this.contents.delete(volume);
  }

  /** Deletes what snapshots and volumes no longer need. */
  collectLayers(): Promise<void> {
    return this.contents.collect();
  }

  /** Shows a volume to a running machine, or to this host when that plays the instance. */
  attachVolume(instance: InstanceRecord, volume: VolumeRecord, device: string): Promise<void> {
    return this.queues.enqueue(instance.id, async () => {
      const running = this.running.has(instance.id);
      // An instance at rest finds it when it starts.
      if (!running && !instance.host) return;
      await this.contents.asDisk(volume);
      const disk = diskSpec(volume, device);
      const { disks } = this.world.machines;
      await (instance.host ? disks.attachToHost(disk) : disks.attach(instance.id, disk));
    });
  }

  /** Takes a volume away; resolves when nothing uses it any more, however long that takes. */
  async detachVolume(instance: InstanceRecord, volume: VolumeRecord): Promise<void> {
    // After an attachment that is under way, but in nobody's way itself.
    await this.queues.enqueue(instance.id, async () => {});
    const { disks } = this.world.machines;
    if (instance.host) await disks.detachFromHost(volume.id);
    else if (this.running.has(instance.id)) await disks.detach(instance.id, volume.id);
  }

  async consoleOf(instance: InstanceRecord): Promise<string | undefined> {
    const machine = this.running.get(instance.id);
    return machine ? (await machine.consoleOutput()).slice(-CONSOLE_LIMIT) : instance.console;
  }

  private async boot(region: string, instance: InstanceRecord): Promise<void> {
    if (this.closing || instance.state === 'shutting-down' || instance.state === 'terminated') return;
    await this.readyDisks(region, instance);
    const spec = machineSpec(this.world, region, instance);
    const root = this.world.region(region).volumes[spec.rootVolumeId];
    if (root) root.written = true;
    const machine = await this.world.machines.start(spec);
    this.running.set(instance.id, machine);
    instance.hostKeys = [...machine.hostKeys];
    if (root) root.booted = true;
    if (machine.sshPort === 22) delete instance.tags[SSH_PORT_TAG];
    else {
      instance.tags[SSH_PORT_TAG] = String(machine.sshPort);
      this.world.notice(
        `instance ${instance.id} has its SSH on port ${machine.sshPort}: another server of this host holds port 22 on all addresses`,
      );
    }
    this.world.touch();
    void machine.ended.then(how => this.onEnded(region, instance, machine, how));
  }

  private async readyDisks(region: string, instance: InstanceRecord): Promise<void> {
    const { volumes } = this.world.region(region);
    for (const { device, volumeId } of instance.disks) {
      const volume = volumes[volumeId];
      if (!volume) continue;
      if (device === instance.rootDeviceName) await this.contents.asRoot(volume);
      else await this.contents.asDisk(volume);
    }
  }

  private async halt(instance: InstanceRecord, grace: number): Promise<void> {
    const machine = this.running.get(instance.id);
    if (!machine) return;
    // Forgotten first, so that its end is not taken for one of its own doing.
    this.running.delete(instance.id);
    const text = await machine.consoleOutput().catch(() => undefined);
    if (text !== undefined) instance.console = text.slice(-CONSOLE_LIMIT);
    await machine.stop(grace);
  }

  /** The machine went down by itself. */
  private onEnded(
    region: string,
    instance: InstanceRecord,
    machine: RunningMachine,
    how: 'poweroff' | 'reboot' | 'died',
  ): void {
    if (this.closing || this.running.get(instance.id) !== machine) return;
    if (how === 'reboot') {
      void this.reboot(region, instance);
      return;
    }
    const reason: StateReason =
      how === 'poweroff'
        ? {
            code: 'Client.InstanceInitiatedShutdown',
            message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
          }
        : { code: 'Server.InternalError', message: 'Server.InternalError: the init process of the machine ended' };
    if (instance.shutdownBehavior === 'terminate' && how === 'poweroff') this.terminate(region, instance, reason, '');
    else this.stop(instance, reason, '');
    this.world.touch();
  }

  private async releaseDisks(state: RegionState, instance: InstanceRecord): Promise<void> {
    for (const disk of instance.disks) {
      const volume = state.volumes[disk.volumeId];
      if (!volume) continue;
      if (disk.deleteOnTermination) {
        delete state.volumes[volume.id];
        this.world.touch();
        await this.deleteVolume(volume);
      } else {
        volume.state = 'available';
        delete volume.attachment;
        this.world.touch();
      }
    }
  }

  private reported<T>(work: Promise<T>, what: string): Promise<void> {
    return work.then(
      () => {},
      (error: unknown) => this.world.notice(`${what}: ${messageOf(error)}`),
    );
  }

  /** Stops all machines; their instances are `stopped` in the store, as after a power cut at home. */
  async close(): Promise<void> {
    this.closing = true;
    this.interruptions.close();
    this.world.lifecycle.close();
    await this.queues.settled();
    for (const region of Object.values(this.world.store.state.regions)) {
      for (const instance of Object.values(region.instances)) {
        if (instance.host) continue;
        if (instance.state !== 'running' && instance.state !== 'pending' && instance.state !== 'stopping') continue;
        await this.reported(this.halt(instance, CLOSE_GRACE), `instance ${instance.id} did not stop`);
        instance.state = 'stopped';
        instance.stateReason = {
          code: 'Server.ScheduledStop',
          message: 'Server.ScheduledStop: the embedded EC2 was shut down',
        };
        this.world.touch();
      }
    }
    for (const machine of this.running.values())
      await this.reported(machine.stop(0), `machine ${machine.instanceId} did not stop`);
    this.running.clear();
    await this.contents.settled();
    await this.world.machines.close();
  }
}
