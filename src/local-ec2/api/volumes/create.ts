import { ApiError, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import { boolean, integer, required, string, tagSpecifications } from '../../protocol/params.ts';
import { zonesOf } from '../../regions.ts';
import type { ImageMapping } from '../../store/model.ts';
import { action, type Call, DONE } from '../action.ts';
import { kmsKeyArn } from '../encryption.ts';
import { checkVolume } from '../images/mappings.ts';
import { find, peek } from '../kinds.ts';
import { tagsFor } from '../tagging.ts';
import { recall, remember } from '../tokens.ts';
import { newVolume } from './make.ts';
import { volumeXml } from './view.ts';

export const createVolume = action(
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

export const deleteVolume = action({ VolumeId: required(string) }, async (call, input) => {
  const volume = find(call, 'volumes', input.VolumeId);
  if (volume.attachment)
    throw new ApiError('VolumeInUse', `Volume ${volume.id} is currently attached to ${volume.attachment.instanceId}`);
  call.world.lifecycle.cancel(volume.id);
  delete call.state.volumes[volume.id];
  call.world.touch();
  await call.runtime.deleteVolume(volume);
  return DONE;
});
