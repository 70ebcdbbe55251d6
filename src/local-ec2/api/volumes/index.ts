/** Actions on volumes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../sdk/errors.ts';
import { ApiError, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import { boolean, filters, integer, list, required, string, tagSpecifications } from '../../protocol/params.ts';
import { zonesOf } from '../../regions.ts';
import type { ImageMapping, InstanceRecord, VolumeRecord } from '../../store/model.ts';
import { type Action, action, type Call, DONE } from '../action.ts';
import { kmsKeyArn } from '../encryption.ts';
import { matcher } from '../filters.ts';
import { checkDeviceName, checkVolume } from '../images/mappings.ts';
import { find, peek, select } from '../kinds.ts';
import { page } from '../paging.ts';
import { tagsFor } from '../tagging.ts';
import { recall, remember } from '../tokens.ts';
import { newVolume } from './make.ts';
import { attachmentXml, VOLUME_FILTERS, volumeXml } from './view.ts';

const describeVolumes = action(
  { VolumeId: list(string), IncludeManagedResources: boolean, Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const found = select(call, 'volumes', input.VolumeId, matcher(input.Filter, VOLUME_FILTERS(call)));
    const { items, nextToken } = page(found, input, { byId: input.VolumeId.length > 0 });
    return { volumeSet: items.map(one => volumeXml(call, one)), nextToken };
  },
);

const createVolume = action(
  {
    AvailabilityZone: required(string),
    Size: integer,
    SnapshotId: string,
    VolumeType: string,
    Iops: integer,
    Throughput: integer,
    Encrypted: boolean,
    KmsKeyId: string,
    MultiAttachEnabled: boolean,
    VolumeInitializationRate: integer,
    TagSpecification: tagSpecifications,
    ClientToken: string,
  },
  (call, input) => {
    const known = peek(call, 'volumes', recall(call, input.ClientToken, input)?.[0]);
    if (known) return volumeXml(call, known);
    checkZone(call, input.AvailabilityZone);
    if (input.SnapshotId) refuseStandIn(call, input.SnapshotId);
    const snapshot = input.SnapshotId ? find(call, 'snapshots', input.SnapshotId) : undefined;
    if (snapshot && snapshot.state !== 'completed')
      throw new ApiError('IncorrectState', `Snapshot ${snapshot.id} is in an invalid state - ${snapshot.state}`);
    const size = input.Size ?? snapshot?.size;
    if (size === undefined) throw missingParameter('size or snapshotId');
    if (snapshot && size < snapshot.size)
      throw invalidParameter(
        `Volume of ${size}GiB is smaller than the snapshot '${snapshot.id}' of ${snapshot.size}GiB`,
      );
    const type = input.VolumeType || 'gp2';
    checkVolume({ size, type, iops: input.Iops, throughput: input.Throughput });
    const encrypted = input.Encrypted === true || snapshot?.encrypted === true;
    if (input.KmsKeyId && !encrypted)
      throw new ApiError(
        'InvalidParameterDependency',
        'The parameter KmsKeyId requires the parameter Encrypted to be set.',
      );
    const ebs: NonNullable<ImageMapping['ebs']> = {
      size,
      type,
      deleteOnTermination: false,
      encrypted,
      ...(snapshot && { snapshotId: snapshot.id }),
      ...(input.Iops !== undefined && { iops: input.Iops }),
      ...(input.Throughput !== undefined && { throughput: input.Throughput }),
      ...(encrypted && {
        kmsKeyId: input.KmsKeyId ? kmsKeyArn(call, input.KmsKeyId) : (snapshot?.kmsKeyId ?? kmsKeyArn(call, undefined)),
      }),
    };
    const volume = newVolume(call, ebs, input.AvailabilityZone, false);
    volume.tags = tagsFor(input.TagSpecification, 'volume');
    volume.multiAttach = input.MultiAttachEnabled ?? false;
    call.state.volumes[volume.id] = volume;
    const failure = call.world.faults.failureOf('volume', encrypted);
    call.world.lifecycle.after('volume', volume.id, () => {
      volume.state = failure ? 'error' : 'available';
      call.world.touch();
    });
    remember(call, input.ClientToken, input, [volume.id]);
    call.world.touch();
    return volumeXml(call, volume);
  },
);

/** What stands in for a public image is this host's own tree, which is no disk. */
function refuseStandIn(call: Call, id: string): void {
  const image = Object.values(call.state.images).find(
    one => one.standIn && one.mappings.some(mapping => mapping.ebs?.snapshotId === id),
  );
  if (image)
    throw new ApiError(
      'UnsupportedOperation',
      `The snapshot '${id}' belongs to '${image.id}', a stand-in for a public image, which has no disk. Import a base image with "kiln local import" and use that`,
    );
}

function checkZone(call: Call, zone: string): void {
  if (!zonesOf(call.region).some(one => one.name === zone))
    throw new ApiError('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
}

const deleteVolume = action({ VolumeId: required(string) }, async (call, input) => {
  const volume = find(call, 'volumes', input.VolumeId);
  if (volume.attachment)
    throw new ApiError('VolumeInUse', `Volume ${volume.id} is currently attached to ${volume.attachment.instanceId}`);
  call.world.lifecycle.cancel(volume.id);
  delete call.state.volumes[volume.id];
  call.world.touch();
  await call.runtime.deleteVolume(volume);
  return DONE;
});

const attachVolume = action(
  { VolumeId: required(string), InstanceId: required(string), Device: required(string), EbsCardIndex: integer },
  (call, input) => {
    const volume = find(call, 'volumes', input.VolumeId);
    const instance = find(call, 'instances', input.InstanceId);
    checkDeviceName(input.Device);
    if (instance.state !== 'running' && instance.state !== 'stopped')
      throw new ApiError('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
    if (volume.state !== 'available') {
      if (volume.state === 'in-use')
        throw new ApiError('VolumeInUse', `${volume.id} is already attached to an instance`);
      throw new ApiError('IncorrectState', `Volume ${volume.id} is not 'available'.`);
    }
    if (volume.zone !== instance.zone)
      throw new ApiError(
        'InvalidVolume.ZoneMismatch',
        `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
      );
    if (instance.disks.some(disk => disk.device === input.Device))
      throw invalidParameter(
        `Invalid value '${input.Device}' for unixDevice. Attachment point ${input.Device} is already in use`,
      );
    const at = call.world.now();
    volume.state = 'in-use';
    volume.attachment = { instanceId: instance.id, device: input.Device, status: 'attaching', at };
    instance.disks.push({ device: input.Device, volumeId: volume.id, deleteOnTermination: false, attachedAt: at });
    let failed = false;
    const work = call.runtime.attachVolume(instance, volume, input.Device).catch((error: unknown) => {
      failed = true;
      call.world.notice(`volume ${volume.id} could not be attached to ${instance.id}: ${messageOf(error)}`);
    });
    call.world.lifecycle.after(
      'volume',
      volume.id,
      () => {
        if (failed) letGo(instance, volume);
        else if (volume.attachment?.status === 'attaching') volume.attachment.status = 'attached';
        call.world.touch();
      },
      work,
    );
    call.world.touch();
    return attachmentXml(call, volume, 'attaching');
  },
);

function letGo(instance: InstanceRecord, volume: VolumeRecord): void {
  instance.disks = instance.disks.filter(disk => disk.volumeId !== volume.id);
  delete volume.attachment;
  volume.state = 'available';
}

/** How long a volume that is to be let go by force may still be in use, milliseconds. */
const FORCE_GRACE = 3000;

const detachVolume = action(
  { VolumeId: required(string), InstanceId: string, Device: string, Force: boolean },
  (call, input) => {
    const volume = find(call, 'volumes', input.VolumeId);
    const instance = peek(call, 'instances', volume.attachment?.instanceId);
    if (!volume.attachment || !instance || volume.attachment.status === 'detaching')
      throw new ApiError('IncorrectState', `Volume '${volume.id}' is in the 'available' state.`);
    if (input.InstanceId && input.InstanceId !== instance.id)
      throw new ApiError(
        'InvalidAttachment.NotFound',
        `The volume '${volume.id}' is not attached to instance '${input.InstanceId}'.`,
      );
    if (input.Device && input.Device !== volume.attachment.device)
      throw new ApiError(
        'InvalidAttachment.NotFound',
        `The volume '${volume.id}' is not attached to instance '${instance.id}' as device '${input.Device}'.`,
      );
    if (volume.attachment.device === instance.rootDeviceName && instance.state !== 'stopped')
      throw new ApiError(
        'OperationNotPermitted',
        `Unable to detach root volume '${volume.id}' from instance '${instance.id}'`,
      );
    volume.attachment.status = 'detaching';
    const reply = attachmentXml(call, volume, 'detaching');
    const detached = call.runtime.detachVolume(instance, volume).catch((error: unknown) => {
      call.world.notice(`volume ${volume.id} was not detached cleanly: ${messageOf(error)}`);
    });
    const work = input.Force ? Promise.race([detached, sleep(FORCE_GRACE, undefined, { ref: false })]) : detached;
    call.world.lifecycle.after(
      'volume',
      volume.id,
      () => {
        letGo(instance, volume);
        call.world.touch();
      },
      work,
    );
    call.world.touch();
    return reply;
  },
);

const modifyVolume = action(
  {
    VolumeId: required(string),
    Size: integer,
    VolumeType: string,
    Iops: integer,
    Throughput: integer,
    MultiAttachEnabled: boolean,
  },
  (call, input) => {
    const volume = find(call, 'volumes', input.VolumeId);
    const from = { size: volume.size, type: volume.type };
    const size = input.Size ?? volume.size;
    const type = input.VolumeType || volume.type;
    if (size < volume.size) throw invalidParameter(`New size cannot be smaller than existing size ${volume.size}`);
    const iops = input.Iops ?? (type === volume.type ? volume.iops : undefined);
    const throughput = input.Throughput ?? (type === volume.type ? volume.throughput : undefined);
    checkVolume({ size, type, iops, throughput });
    volume.size = size;
    volume.type = type;
    if (iops === undefined) delete volume.iops;
    else volume.iops = iops;
    if (throughput === undefined) delete volume.throughput;
    else volume.throughput = throughput;
    volume.modification = { at: call.world.now(), from: from.size, fromType: from.type };
    call.world.touch();
    return { volumeModification: modificationXml(volume) };
  },
);

const describeVolumesModifications = action(
  { VolumeId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const matches = matcher<VolumeRecord>(input.Filter, {
      'volume-id': one => one.id,
      'modification-state': () => 'completed',
    });
    const found = select(call, 'volumes', input.VolumeId, one => one.modification !== undefined && matches(one));
    const { items, nextToken } = page(found, input);
    return { volumeModificationSet: items.map(modificationXml), nextToken };
  },
);

function modificationXml(volume: VolumeRecord): { [name: string]: string | number | Date | undefined } {
  const { modification } = volume;
  return {
    volumeId: volume.id,
    modificationState: 'completed',
    targetSize: volume.size,
    targetIops: volume.iops,
    targetVolumeType: volume.type,
    originalSize: modification?.from,
    originalVolumeType: modification?.fromType,
    progress: 100,
    startTime: modification && new Date(modification.at),
    endTime: modification && new Date(modification.at),
  };
}

export const volumeActions: Readonly<Record<string, Action>> = {
  DescribeVolumes: describeVolumes,
  CreateVolume: createVolume,
  DeleteVolume: deleteVolume,
  AttachVolume: attachVolume,
  DetachVolume: detachVolume,
  ModifyVolume: modifyVolume,
  DescribeVolumesModifications: describeVolumesModifications,
};
