import { messageOf } from '../../../sdk/errors.ts';
import { ApiError, missingParameter } from '../../protocol/errors.ts';
import { boolean, integer, list, oneOf, required, string, struct, tagSpecifications } from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import { newId } from '../../store/ids.ts';
import type { DiskContent, SnapshotRecord, VolumeRecord } from '../../store/model.ts';
import { action, type Call } from '../action.ts';
import { keyProblem, kmsKeyArn } from '../encryption.ts';
import { settleSnapshot } from '../images/complete.ts';
import { checkDuration } from '../images/copy.ts';
import { newSnapshot } from '../images/create.ts';
import { find, peek } from '../kinds.ts';
import { tagsFor } from '../tagging.ts';
import { snapshotInfoXml, snapshotXml } from './view.ts';

/** Takes a snapshot of a volume and lets it become ready. */
function takeSnapshot(
  call: Call,
  volume: VolumeRecord,
  description: string,
  tags: Record<string, string>,
): SnapshotRecord {
  if (volume.state !== 'in-use' && volume.state !== 'available')
    throw new ApiError('IncorrectState', `Volume '${volume.id}' is in state '${volume.state}'`);
  const snapshot = newSnapshot(call, volume, description, tags);
  const holder = peek(call, 'instances', volume.attachment?.instanceId);
  if (holder && volume.attachment?.device === holder.rootDeviceName) snapshot.loginUser = holder.loginUser;
  else {
    // A root file system put together on a further volume is made for the login of the system that made it.
    const origin =
      peek(call, 'snapshots', volume.snapshotId)?.loginUser ?? (holder?.host ? undefined : holder?.loginUser);
    if (origin !== undefined) snapshot.loginUser = origin;
  }
  call.state.snapshots[snapshot.id] = snapshot;
  ready(call, snapshot, 'snapshot', call.runtime.snapshotVolume(volume));
  call.world.touch();
  return snapshot;
}

function ready(
  call: Call,
  snapshot: SnapshotRecord,
  state: 'snapshot' | 'copy',
  content: Promise<DiskContent>,
  trouble?: string,
): void {
  const { lifecycle, faults } = call.world;
  let problem = trouble ?? faults.failureOf('snapshot', snapshot.encrypted)?.message;
  const work = content.then(
    found => {
      snapshot.content = found;
    },
    (error: unknown) => {
      problem ??= messageOf(error);
      call.world.notice(`snapshot ${snapshot.id} could not be made: ${messageOf(error)}`);
    },
  );
  const extra = faults.extraTimeOf('snapshot');
  snapshot.readyAt = call.world.now() + lifecycle.duration(state) + extra;
  lifecycle.after(state, snapshot.id, () => settleSnapshot(call, snapshot, problem), work, extra);
}

export const createSnapshot = action(
  { VolumeId: required(string), Description: string, TagSpecification: tagSpecifications, Location: string },
  (call, input) => {
    const tags = tagsFor(input.TagSpecification, 'snapshot');
    const volume = find(call, 'volumes', input.VolumeId);
    return snapshotXml(call, takeSnapshot(call, volume, input.Description ?? '', tags));
  },
);

export const createSnapshots = action(
  {
    InstanceSpecification: required(
      struct({ InstanceId: required(string), ExcludeBootVolume: boolean, ExcludeDataVolumeId: list(string) }),
    ),
    Description: string,
    TagSpecification: tagSpecifications,
    CopyTagsFromSource: oneOf('volume'),
    Location: string,
  },
  (call, input) => {
    const { InstanceId, ExcludeBootVolume, ExcludeDataVolumeId } = input.InstanceSpecification;
    const tags = tagsFor(input.TagSpecification, 'snapshot');
    const instance = find(call, 'instances', InstanceId);
    const made: Xml[] = [];
    for (const disk of instance.disks) {
      const volume = peek(call, 'volumes', disk.volumeId);
      const isRoot = disk.device === instance.rootDeviceName;
      if (!volume || (isRoot ? ExcludeBootVolume : ExcludeDataVolumeId.includes(volume.id))) continue;
      const inherited = input.CopyTagsFromSource ? volume.tags : {};
      made.push(snapshotInfoXml(call, takeSnapshot(call, volume, input.Description ?? '', { ...inherited, ...tags })));
    }
    return { snapshotSet: made };
  },
);

export const copySnapshot = action(
  {
    SourceRegion: required(string),
    SourceSnapshotId: required(string),
    Description: string,
    DestinationRegion: string,
    Encrypted: boolean,
    KmsKeyId: string,
    PresignedUrl: string,
    TagSpecification: tagSpecifications,
    CompletionDurationMinutes: integer,
  },
  (call, input) => {
    if (!call.world.regionNames.includes(input.SourceRegion)) throw missingParameter('SourceRegion');
    checkDuration(input.CompletionDurationMinutes);
    const source = find({ ...call, state: call.world.region(input.SourceRegion) }, 'snapshots', input.SourceSnapshotId);
    if (source.state !== 'completed')
      throw new ApiError('IncorrectState', `The snapshot ${source.id} is not completed`);
    const encrypted = source.encrypted || input.Encrypted === true;
    const snapshot: SnapshotRecord = {
      ...structuredClone(source),
      id: newId('snap'),
      tags: tagsFor(input.TagSpecification, 'snapshot'),
      createdAt: call.world.now(),
      state: 'pending',
      volumeId: 'vol-ffffffff',
      description: input.Description ?? '',
      encrypted,
      ownerId: call.world.accountId,
      sharedWith: [],
      public: false,
      imported: false,
    };
    if (encrypted) snapshot.kmsKeyId = kmsKeyArn(call, input.KmsKeyId);
    call.state.snapshots[snapshot.id] = snapshot;
    const trouble = snapshot.kmsKeyId === undefined ? undefined : keyProblem(call, snapshot.kmsKeyId);
    ready(call, snapshot, 'copy', Promise.resolve(snapshot.content), trouble);
    call.world.touch();
    return { snapshotId: snapshot.id };
  },
);
