import { KilnError } from '../../sdk/errors.ts';
import type { ResourceRef } from '../../sdk/resources.ts';
import type { Ec2 } from '../client/index.ts';
import { isKind } from '../policy/aws-error.ts';
import { isFinished, tagFilter, tagMap, tagSpecs } from '../tags.ts';
import type { Image } from '../types.ts';
import { snapshotIds } from '../waits.ts';
import { type RegisterRequest, registeredMappings, registration } from './registration.ts';

/** What the ledger keeps of an image that is replaced: all that registering it again takes. */
export function replacedParts(image: Image, runTag: string, deleteSnapshots: boolean): Record<string, string> {
  const request: RegisterRequest = {
    ...registration(image),
    Name: image.Name,
    ...(image.Description && { Description: image.Description }),
    RootDeviceName: image.RootDeviceName,
    BlockDeviceMappings: registeredMappings(image),
    TagSpecifications: tagSpecs(tagMap(image.Tags), 'image' as const),
  };
  return {
    tag: runTag,
    id: image.ImageId ?? '',
    image: JSON.stringify(request),
    snapshots: snapshotIds(image).join(','),
    ...(deleteSnapshots && { delete: 'true' }),
  };
}

/** Snapshots of a replaced image that are to go when the new one is there. */
export function doomedSnapshots(ref: ResourceRef): string[] {
  return ref.with?.delete === 'true' ? (ref.with.snapshots ?? '').split(',').filter(id => id !== '') : [];
}

/** How far a replacement got. */
export type Replacement = 'done' | 'never-begun' | 'half-way';

/** Finds out by the names in use now; `finished`: the run's new image is there, so the old one has gone for good. */
export async function replacementState(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<Replacement> {
  const { Images = [] } = await ec2.describeImages(
    { Owners: ['self'], Filters: [{ Name: 'name', Values: [(ref.name ?? '').replaceAll(/[*?\\]/g, '\\$&')] }] },
    signal,
  );
  const [runTag] = tagFilter(ref.with?.tag);
  const ofRun = Images.find(one =>
    (one.Tags ?? []).some(tag => `tag:${tag.Key}` === runTag?.Name && runTag?.Values.includes(tag.Value ?? '')),
  );
  if (ofRun && isFinished(ofRun.Tags)) return 'done';
  return Images.some(one => one.ImageId === ref.with?.id) ? 'never-begun' : 'half-way';
}

/** Registers a replaced image again. Gives its new id; undefined when its name is in use already. */
export async function bringBack(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string | undefined> {
  const text = ref.with?.image;
  if (!text) throw new KilnError(`image "${ref.name}" cannot be registered again: the ledger does not say how`);
  try {
    const reply = await ec2.registerImage(JSON.parse(text) as RegisterRequest, signal);
    return reply.ImageId;
  } catch (error) {
    if (isKind(error, 'duplicate')) return undefined;
    throw error;
  }
}
