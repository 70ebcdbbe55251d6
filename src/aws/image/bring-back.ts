import { sleep } from '../../sdk/async.ts';
import { KilnError } from '../../sdk/errors.ts';
import type { ResourceRef } from '../../sdk/resources.ts';
import type { Ec2 } from '../client/index.ts';
import { AwsError, isKind } from '../policy/aws-error.ts';
import { sharedCalls } from '../shared-calls.ts';
import { isFinished, tagFilter, tagMap, tagSpecs } from '../tags.ts';
import type { Image } from '../types.ts';
import { snapshotIds } from '../waits.ts';
import { publishAgain } from './publication.ts';
import { type RegisterRequest, registeredMappings, registration } from './registration.ts';

/** What the ledger keeps of an image that is replaced: all that registering it again takes, and how it was published. */
export function replacedParts(
  image: Image,
  publication: Readonly<Record<string, string>>,
  runTag: string,
  deleteSnapshots: boolean,
): Record<string, string> {
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
    ...publication,
    ...(deleteSnapshots && { delete: 'true' }),
  };
}

/** Snapshots of a replaced image that are to go when the new one is there. */
export function doomedSnapshots(ref: ResourceRef): string[] {
  return ref.with?.delete === 'true' ? (ref.with.snapshots ?? '').split(',').filter(id => id !== '') : [];
}

/** A name may count as taken for a while after its image was deregistered; pauses between tries, in milliseconds. */
const NAME_PAUSES = [500, 1000, 2000, 4000, 8000];

/** How far a replacement got. */
export type Replacement = 'done' | 'never-begun' | 'half-way';

/** Finds out by the names in use now; `finished`: the run's new image is there, so the old one has gone for good. */
export async function replacementState(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<Replacement> {
  const images = await sharedCalls(ec2).imagesNamed(ref.name ?? '', signal);
  const ofRun = images.find(one => isOfRun(ref, one));
  if (ofRun && isFinished(ofRun.Tags)) return 'done';
  return images.some(one => one.ImageId === ref.with?.id) ? 'never-begun' : 'half-way';
}

/**
 * Registers a replaced image again, shared and deprecated as it was. Gives its new id; undefined when its name is in use
 * by an image of others.
 */
export async function bringBack(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string | undefined> {
  const id = await registerAgain(ref, ec2, signal);
  if (id) await publishAgain(ref, id, ec2, signal);
  return id;
}

async function registerAgain(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string | undefined> {
  const text = ref.with?.image;
  if (!text) throw new KilnError(`image "${ref.name}" cannot be registered again: the ledger does not say how`);
  const request = JSON.parse(text) as RegisterRequest;
  for (const pause of [...NAME_PAUSES, undefined]) {
    try {
      return (await ec2.registerImage(request, signal)).ImageId;
    } catch (error) {
      // After a lost answer the next try finds its own image, if it was registered.
      const again = isKind(error, 'duplicate') || (error instanceof AwsError && error.maybeDone);
      if (!again || pause === undefined) throw error;
    }
    const taken = await holder(ref, ec2, signal);
    // Of the same snapshots: it is back already, by an earlier try of which only the answer was lost.
    if (taken) return snapshotIds(taken).join(',') === ref.with?.snapshots ? taken.ImageId : undefined;
    await sleep(pause, signal);
  }
  return undefined;
}

/** The image that has the name now, unless it is one of the run that is going away. */
async function holder(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<Image | undefined> {
  const images = await sharedCalls(ec2).imagesNamed(ref.name ?? '', signal);
  return images.find(one => !isOfRun(ref, one) || isFinished(one.Tags));
}

function isOfRun(ref: ResourceRef, image: Image): boolean {
  const [runTag] = tagFilter(ref.with?.tag);
  return (image.Tags ?? []).some(tag => `tag:${tag.Key}` === runTag?.Name && runTag?.Values.includes(tag.Value ?? ''));
}
