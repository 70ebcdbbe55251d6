import { ApiError, invalidParameter } from '../../protocol/errors.ts';
import { blockDeviceMappings, boolean, required, string, tagSpecifications } from '../../protocol/params.ts';
import { newId } from '../../store/ids.ts';
import type { ImageMapping, ImageRecord, InstanceRecord, SnapshotRecord, VolumeRecord } from '../../store/model.ts';
import { action, type Call } from '../action.ts';
import { find, peek } from '../kinds.ts';
import { tagsFor } from '../tagging.ts';
import { completeImage } from './complete.ts';
import { mergeMappings } from './mappings.ts';
import { checkImageName } from './names.ts';

/** CreateImage: snapshots of the instance's volumes, and an image of them. Reboots a running instance unless NoReboot. */
export const createImage = action(
  {
    InstanceId: required(string),
    Name: required(string),
    Description: string,
    NoReboot: boolean,
    BlockDeviceMapping: blockDeviceMappings,
    TagSpecification: tagSpecifications,
    SnapshotLocation: string,
  },
  (call, input) => {
    const instance = find(call, 'instances', input.InstanceId);
    checkImageName(call, input.Name);
    if (instance.host)
      throw new ApiError(
        'OperationNotPermitted',
        `The instance '${instance.id}' is played by this host: no image is made of it.`,
      );
    if (instance.state !== 'running' && instance.state !== 'stopped')
      throw invalidParameter(`Instance is not in state 'running' or 'stopped'.`);
    const imageTags = tagsFor(input.TagSpecification, 'image', ['image', 'snapshot']);
    const snapshotTags = tagsFor(input.TagSpecification, 'snapshot', ['image', 'snapshot']);
    const volumes = volumesOf(call, instance);
    const base = instance.disks.flatMap(disk => mappingOf(disk, volumes.get(disk.device)));
    const wanted = mergeMappings(base, input.BlockDeviceMapping, id => find(call, 'snapshots', id));

    const imageId = newId('ami');
    const made: { snapshot: SnapshotRecord; volume: VolumeRecord }[] = [];
    const mappings = wanted.map(mapping => {
      const volume = volumes.get(mapping.device);
      if (
        !mapping.ebs ||
        !volume ||
        (mapping.ebs.snapshotId !== undefined && mapping.ebs.snapshotId !== volume.snapshotId)
      )
        return mapping;
      const snapshot = newSnapshot(call, volume, `Created by CreateImage(${instance.id}) for ${imageId}`, snapshotTags);
      if (mapping.device === instance.rootDeviceName) snapshot.loginUser = instance.loginUser;
      made.push({ snapshot, volume });
      return { ...mapping, ebs: { ...mapping.ebs, snapshotId: snapshot.id } };
    });
    const image = imageOfInstance(call, instance, imageId, input.Name, input.Description, mappings);
    image.tags = imageTags;
    call.state.images[imageId] = image;
    for (const { snapshot } of made) call.state.snapshots[snapshot.id] = snapshot;

    const work = call.runtime
      .snapshotInstance(
        call.region,
        instance,
        made.map(one => one.volume),
        input.NoReboot !== true,
      )
      .then(contents => {
        for (const { snapshot, volume } of made) snapshot.content = contents.get(volume.id) ?? {};
      });
    completeImage(
      call,
      image,
      made.map(one => one.snapshot),
      'image',
      work,
    );
    call.world.touch();
    return { imageId };
  },
);

function volumesOf(call: Call, instance: InstanceRecord): Map<string, VolumeRecord> {
  const volumes = new Map<string, VolumeRecord>();
  for (const disk of instance.disks) {
    const volume = peek(call, 'volumes', disk.volumeId);
    if (volume) volumes.set(disk.device, volume);
  }
  return volumes;
}

function mappingOf(disk: InstanceRecord['disks'][number], volume: VolumeRecord | undefined): ImageMapping[] {
  if (!volume) return [];
  const { size, type, iops, throughput, encrypted, kmsKeyId, snapshotId } = volume;
  return [
    {
      device: disk.device,
      ebs: {
        ...(snapshotId !== undefined && { snapshotId }),
        size,
        type,
        ...(iops !== undefined && { iops }),
        ...(throughput !== undefined && { throughput }),
        deleteOnTermination: disk.deleteOnTermination,
        encrypted,
        ...(kmsKeyId !== undefined && { kmsKeyId }),
      },
    },
  ];
}

/** A snapshot of a volume, pending and not yet in the store. */
export function newSnapshot(
  call: Call,
  volume: VolumeRecord,
  description: string,
  tags: Record<string, string>,
): SnapshotRecord {
  const now = call.world.now();
  return {
    id: newId('snap'),
    tags: { ...tags },
    createdAt: now,
    state: 'pending',
    volumeId: volume.id,
    size: volume.size,
    description,
    encrypted: volume.encrypted,
    ...(volume.kmsKeyId !== undefined && { kmsKeyId: volume.kmsKeyId }),
    ownerId: call.world.accountId,
    readyAt: now,
    sharedWith: [],
    public: false,
    imported: false,
    content: {},
  };
}

function imageOfInstance(
  call: Call,
  instance: InstanceRecord,
  id: string,
  name: string,
  description: string | undefined,
  mappings: ImageMapping[],
): ImageRecord {
  const accountId = call.world.accountId;
  return {
    id,
    tags: {},
    createdAt: call.world.now(),
    state: 'pending',
    name,
    ...(description && { description }),
    location: `${accountId}/${name}`,
    ownerId: accountId,
    architecture: instance.architecture,
    ...(instance.platform !== undefined && { platform: instance.platform }),
    rootDeviceName: instance.rootDeviceName,
    rootDeviceType: 'ebs',
    virtualizationType: 'hvm',
    mappings,
    permissions: [],
    productCodes: [...instance.productCodes],
    enaSupport: instance.enaSupport,
    ...(instance.sriovNetSupport !== undefined && { sriovNetSupport: instance.sriovNetSupport }),
    ...(instance.bootMode !== undefined && { bootMode: instance.bootMode }),
    ...(instance.tpmSupport !== undefined && { tpmSupport: instance.tpmSupport }),
    protection: 'disabled',
    sourceInstanceId: instance.id,
    sourceImageId: instance.imageId,
    sourceImageRegion: call.region,
    loginUser: instance.loginUser,
    standIn: false,
    imported: false,
  };
}
