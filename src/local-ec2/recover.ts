import type { Runtime } from './runtime.ts';
import type { ImageRecord, InstanceRecord, RegionState, SnapshotRecord } from './store/model.ts';
import type { World } from './world.ts';

/** Terminated instances stay visible for an hour, as in EC2. */
const KEEP_TERMINATED = 3_600_000;

/** Sets right what a dead process left: its machines are gone, and what it was about to finish is judged by what is there. */
export async function recover(world: World, runtime: Runtime): Promise<void> {
  await world.machines.sweep();
  for (const region of Object.values(world.store.state.regions)) {
    for (const instance of Object.values(region.instances)) await recoverInstance(world, runtime, region, instance);
    for (const volume of Object.values(region.volumes)) {
      if (volume.state === 'creating') volume.state = 'available';
      if (volume.attachment?.status === 'attaching') volume.attachment.status = 'attached';
    }
    for (const snapshot of Object.values(region.snapshots)) recoverSnapshot(snapshot);
    for (const image of Object.values(region.images)) recoverImage(region, image);
    for (const task of Object.values(region.importTasks))
      if (task.status === 'active')
        Object.assign(task, { status: 'deleted', message: 'the embedded EC2 ended while it imported' });
    pruneTerminated(world, region);
  }
  world.touch();
  await runtime.collectLayers();
  await world.store.flush();
}

export function pruneTerminated(world: World, region: RegionState): void {
  for (const one of Object.values(region.instances))
    if (one.state === 'terminated' && world.now() - (one.endedAt ?? 0) > KEEP_TERMINATED)
      delete region.instances[one.id];
}

async function recoverInstance(
  world: World,
  runtime: Runtime,
  region: RegionState,
  instance: InstanceRecord,
): Promise<void> {
  if (instance.host) return recoverHost(region, instance);
  if (instance.state === 'stopped' || instance.state === 'terminated') return;
  instance.state = 'terminated';
  instance.endedAt = world.now();
  instance.stateReason = {
    code: 'Server.InternalError',
    message: 'Server.InternalError: the embedded EC2 that ran the instance ended',
  };
  for (const disk of instance.disks) {
    const volume = region.volumes[disk.volumeId];
    if (!volume) continue;
    if (disk.deleteOnTermination) {
      delete region.volumes[volume.id];
      await runtime.deleteVolume(volume);
    } else {
      volume.state = 'available';
      delete volume.attachment;
    }
  }
  instance.disks = [];
  const request = instance.spot && region.spotRequests[instance.spot.requestId];
  if (request) request.state = 'closed';
}

/** This host is an instance again when it is asked for; what was attached to it is free. */
function recoverHost(region: RegionState, instance: InstanceRecord): void {
  delete region.instances[instance.id];
  for (const { volumeId } of instance.disks) {
    const volume = region.volumes[volumeId];
    if (!volume) continue;
    volume.state = 'available';
    delete volume.attachment;
  }
}

/** A snapshot knows its content only when the freezing was done. */
function recoverSnapshot(snapshot: SnapshotRecord): void {
  if (snapshot.state !== 'pending') return;
  const frozen = snapshot.content.layers !== undefined || snapshot.content.imageFile !== undefined;
  snapshot.state = frozen ? 'completed' : 'error';
  if (!frozen) snapshot.stateMessage = 'the embedded EC2 ended while the snapshot was taken';
}

function recoverImage(region: RegionState, image: ImageRecord): void {
  if (image.fastLaunch?.state === 'enabling') image.fastLaunch.state = 'enabled';
  if (image.state !== 'pending') return;
  const broken = image.mappings.some(
    ({ ebs }) => ebs?.snapshotId !== undefined && region.snapshots[ebs.snapshotId]?.state === 'error',
  );
  image.state = broken ? 'failed' : 'available';
  if (broken)
    image.stateReason = {
      code: 'Server.InternalError',
      message: 'Server.InternalError: the embedded EC2 ended while the image was made',
    };
}
