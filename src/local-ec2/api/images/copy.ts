import { ApiError, invalidParameter } from '../../protocol/errors.ts';
import { boolean, integer, required, string, tagSpecifications } from '../../protocol/params.ts';
import { STAND_IN_LAYERS } from '../../stand-ins.ts';
import { newId } from '../../store/ids.ts';
import type { ImageRecord, SnapshotRecord, Tags } from '../../store/model.ts';
import { action, type Call } from '../action.ts';
import { keyProblem, kmsKeyArn } from '../encryption.ts';
import { peek } from '../kinds.ts';
import { tagsFor } from '../tagging.ts';
import { recall, remember } from '../tokens.ts';
import { completeImage } from './complete.ts';
import { imageOf } from './describe.ts';
import { checkImageName } from './names.ts';

/** CopyImage: runs in the target region, and needs the source to be available. */
export const copyImage = action(
  {
    Name: required(string),
    SourceImageId: required(string),
    SourceRegion: required(string),
    Description: string,
    Encrypted: boolean,
    KmsKeyId: string,
    ClientToken: string,
    CopyImageTags: boolean,
    TagSpecification: tagSpecifications,
    SnapshotCopyCompletionDurationMinutes: integer,
  },
  (call, input) => {
    const known = recall(call, input.ClientToken, input);
    if (known) return { imageId: known[0] };
    if (!call.world.regionNames.includes(input.SourceRegion))
      throw invalidParameter(`Value (${input.SourceRegion}) for parameter sourceRegion is invalid.`);
    checkDuration(input.SnapshotCopyCompletionDurationMinutes);
    if (input.KmsKeyId && input.Encrypted !== true)
      throw new ApiError(
        'InvalidParameterDependency',
        'The parameter KmsKeyId requires the parameter Encrypted to be set.',
      );
    const from: Call = { ...call, region: input.SourceRegion, state: call.world.region(input.SourceRegion) };
    const source = imageOf(from, input.SourceImageId);
    if (source.state !== 'available')
      throw new ApiError('InvalidAMIID.Unavailable', `The image ID '${source.id}' is not available`);
    checkImageName(call, input.Name);

    const snapshotTags = tagsFor(input.TagSpecification, 'snapshot', ['image', 'snapshot']);
    const image = copyOf(call, source, input.Name, input.Description, input.SourceRegion);
    image.tags = {
      ...(input.CopyImageTags ? source.tags : {}),
      ...tagsFor(input.TagSpecification, 'image', ['image', 'snapshot']),
    };
    const snapshots: SnapshotRecord[] = [];
    for (const mapping of image.mappings) {
      if (!mapping.ebs?.snapshotId) continue;
      const snapshot = copiedSnapshot(call, from, mapping.ebs.snapshotId, mapping.ebs.size, source, snapshotTags);
      snapshot.description = `Copied for DestinationAmi ${image.id} from SourceAmi ${source.id} for SourceSnapshot ${mapping.ebs.snapshotId}.`;
      if (input.Encrypted) snapshot.encrypted = true;
      if (snapshot.encrypted) snapshot.kmsKeyId = kmsKeyArn(call, input.KmsKeyId || undefined);
      mapping.ebs.snapshotId = snapshot.id;
      mapping.ebs.encrypted = snapshot.encrypted;
      call.state.snapshots[snapshot.id] = snapshot;
      snapshots.push(snapshot);
    }
    call.state.images[image.id] = image;
    const key = snapshots.find(one => one.kmsKeyId !== undefined)?.kmsKeyId;
    completeImage(
      call,
      image,
      snapshots,
      'copy',
      Promise.resolve(),
      key === undefined ? undefined : keyProblem(call, key),
    );
    remember(call, input.ClientToken, input, [image.id]);
    call.world.touch();
    return { imageId: image.id };
  },
);

/** EC2's rule for time-based copies: 15 minutes to 48 hours, in quarters of an hour. */
export function checkDuration(minutes: number | undefined): void {
  if (minutes !== undefined && (minutes < 15 || minutes > 2880 || minutes % 15 !== 0))
    throw invalidParameter(
      `Value (${minutes}) for parameter completionDurationMinutes is invalid. It must be a multiple of 15 between 15 and 2880.`,
    );
}

function copyOf(
  call: Call,
  source: ImageRecord,
  name: string,
  description: string | undefined,
  sourceRegion: string,
): ImageRecord {
  const { accountId } = call.world;
  const copy: ImageRecord = {
    ...structuredClone(source),
    id: newId('ami'),
    createdAt: call.world.now(),
    state: 'pending',
    name,
    location: `${accountId}/${name}`,
    ownerId: accountId,
    permissions: [],
    protection: 'disabled',
    sourceImageId: source.id,
    sourceImageRegion: sourceRegion,
    standIn: false,
    imported: false,
  };
  delete copy.ownerAlias;
  delete copy.deprecationTime;
  delete copy.lastLaunchedAt;
  delete copy.sourceInstanceId;
  delete copy.fastLaunch;
  delete copy.stateReason;
  copy.description = description || `[Copied ${source.id} from ${sourceRegion}] ${name}`;
  return copy;
}

function copiedSnapshot(
  call: Call,
  from: Call,
  id: string,
  size: number,
  image: ImageRecord,
  tags: Tags,
): SnapshotRecord {
  const source = peek(from, 'snapshots', id);
  if (!source && !image.standIn) throw new ApiError('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
  return {
    id: newId('snap'),
    tags: { ...tags },
    createdAt: call.world.now(),
    state: 'pending',
    // EC2 shows this volume id for snapshots that were copied.
    volumeId: 'vol-ffffffff',
    size: source?.size ?? size,
    description: '',
    encrypted: source?.encrypted ?? false,
    ownerId: call.world.accountId,
    readyAt: call.world.now(),
    sharedWith: [],
    public: false,
    imported: false,
    loginUser: source?.loginUser ?? image.loginUser,
    content: structuredClone(source?.content ?? { layers: STAND_IN_LAYERS }),
  };
}
