import { sleep } from '../sdk/async.ts';
import type { ResourceRef } from '../sdk/resources.ts';
import type { Ec2 } from './client/index.ts';
import type { Removal } from './removal.ts';
import { TOKEN_TAG, tagFilter } from './tags.ts';
import { VISIBILITY } from './waiter.ts';

/** Pauses between looks for something whose creation was not answered, in milliseconds. */
const LOOKS = [0, 500, 1500, 3000];

/** Whether a thing may be so new that EC2 does not know it everywhere yet. */
export function isFresh(ref: ResourceRef): boolean {
  return ref.recordedAt === undefined || Date.now() - Date.parse(ref.recordedAt) < VISIBILITY;
}

/**
 * Looks for something that may have been created although nobody got the answer; a few times when it is fresh.
 * `find` gives undefined when there is nothing to look by.
 */
export async function look(
  { signal, fresh }: Pick<Removal, 'signal' | 'fresh'>,
  find: () => Promise<string[] | undefined>,
): Promise<string[]> {
  for (const pause of fresh ? LOOKS : [0]) {
    await sleep(pause, signal);
    const found = await find();
    if (found === undefined || found.length > 0) return found ?? [];
  }
  return [];
}

/** The key pair of a name when it carries a tag; the template may have chosen a name that somebody else uses. */
export async function keyPairsOf(
  ec2: Ec2,
  name: string,
  tag: string | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const { KeyPairs = [] } = await ec2.describeKeyPairs(
    { Filters: [{ Name: 'key-name', Values: [name] }, ...tagFilter(tag)] },
    signal,
  );
  return KeyPairs.flatMap(one => (one.KeyName === name ? [one.KeyName] : []));
}

export async function findInstances(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const by = ref.token ? [{ Name: 'client-token', Values: [ref.token] }] : tagFilter(ref.with?.tag);
  if (by.length === 0) return undefined;
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'] };
  const { Reservations = [] } = await ec2.describeInstances({ Filters: [...by, alive] }, signal);
  return Reservations.flatMap(one => one.Instances ?? []).flatMap(one => one.InstanceId ?? []);
}

export async function findSecurityGroups(
  ref: ResourceRef,
  ec2: Ec2,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  if (!ref.name) return undefined;
  const { SecurityGroups = [] } = await ec2.describeSecurityGroups(
    { Filters: [{ Name: 'group-name', Values: [ref.name] }] },
    signal,
  );
  return SecurityGroups.flatMap(one => one.GroupId ?? []);
}

export async function findVolumes(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const by = tagFilter(ref.with?.tag);
  if (by.length === 0) return undefined;
  const { Volumes = [] } = await ec2.describeVolumes(
    { Filters: [...by, { Name: 'status', Values: ['creating', 'available', 'in-use'] }] },
    signal,
  );
  return Volumes.flatMap(one => one.VolumeId ?? []);
}

/** By its token, or by its name: that is its description, as nothing else of a snapshot can be chosen. */
export async function findSnapshots(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const by = [...(ref.name ? [{ Name: 'description', Values: [ref.name] }] : []), ...tagFilter(ref.with?.tag)];
  if (!ref.name && !ref.with?.tag?.startsWith(TOKEN_TAG)) return undefined;
  const { Snapshots = [] } = await ec2.describeSnapshots({ OwnerIds: ['self'], Filters: by }, signal);
  return Snapshots.flatMap(one => one.SnapshotId ?? []);
}

/** By name and run tag: an image of that name without the tag is somebody else's. */
export async function findImages(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const tag = tagFilter(ref.with?.tag);
  if (!ref.name || tag.length === 0) return undefined;
  const { Images = [] } = await ec2.describeImages(
    { Owners: ['self'], Filters: [{ Name: 'name', Values: [ref.name] }, ...tag] },
    signal,
  );
  return Images.flatMap(one => one.ImageId ?? []);
}
