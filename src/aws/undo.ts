import { sleep } from '../sdk/async.ts';
import { KilnError } from '../sdk/errors.ts';
import type { Ui } from '../sdk/plugin.ts';
import type { ResourceKind, ResourceRef, UndoResource } from '../sdk/resources.ts';
import type { Aws, Ec2 } from './client/index.ts';
import { gone } from './gone.ts';
import { isKind } from './policy/aws-error.ts';
import { openRecordedAccount } from './recorded-account.ts';
import { sharedCalls } from './shared-calls.ts';
import { TOKEN_TAG, tagFilter } from './tags.ts';
import type { Image } from './types.ts';
import { deleteVolume, removeVolume, unfinished } from './volumes/remove.ts';
import { snapshotIds, waitForInstance } from './waits.ts';

/** How long something may still be in use by what was undone just before, in milliseconds. */
const IN_USE = 5 * 60_000;
/** Pauses between looks for something whose creation was not answered, in milliseconds. */
const LOOKS = [0, 500, 1500, 3000];

/** Undoes resources of an account that is open already: for the end of a build. */
export function undoWith(aws: Aws): UndoResource {
  return (ref, signal) => undoIn(aws, ref, signal);
}

/** The same, telling the user what goes. */
export function undoSaying(aws: Aws, ui: Pick<Ui, 'say'>, text: string): UndoResource {
  const undo = undoWith(aws);
  return (ref, signal) => {
    ui.say(text);
    return undo(ref, signal);
  };
}

/** Undoes a resource from its plain data alone: for `kiln gc`, from the ledger or from tags. */
export const undoResource: UndoResource = async (ref, signal) => {
  await undoIn(await openRecordedAccount(ref.account), ref, signal, true);
};

async function undoIn(aws: Aws, ref: ResourceRef, signal: AbortSignal, runIsOver = false): Promise<void> {
  const undo = UNDO[ref.kind];
  if (!undo) throw new KilnError(`kiln does not know how to remove a resource of kind ${ref.kind}`);
  await undo(ref, { aws, ec2: aws.ec2(ref.account.region), signal, runIsOver });
}

interface Tools {
  readonly aws: Aws;
  readonly ec2: Ec2;
  readonly signal: AbortSignal;
  /** Nothing of the run is at work any more. */
  readonly runIsOver: boolean;
}

type Undo = (ref: ResourceRef, tools: Tools) => Promise<void>;

const UNDO: Partial<Record<ResourceKind, Undo>> = {
  'ec2:instance': undoInstances,
  'ec2:fleet': undoInstances,
  'ec2:key-pair': async (ref, { ec2, signal }) => {
    const { name = '', with: parts } = ref;
    const unsure = ref.id === undefined && parts?.tag;
    const names = unsure ? await look(signal, () => keyPairsOf(ec2, name, parts.tag, signal)) : [name];
    for (const KeyName of names) if (KeyName) await gone(() => ec2.deleteKeyPair({ KeyName }, signal));
  },
  'ec2:security-group': undoSecurityGroup,
  'ec2:volume': async (ref, { ec2, signal }) => {
    const ids = ref.id ? [ref.id] : await look(signal, () => findVolumes(ref, ec2, signal));
    for (const id of ids) await removeVolume(ec2, id, ref, signal);
  },
  'ec2:snapshot': async (ref, { ec2, signal }) => {
    const ids = ref.id ? [ref.id] : await look(signal, () => findSnapshots(ref, ec2, signal));
    await deleteSnapshots(ec2, ids, signal);
  },
  'ec2:image': async (ref, { ec2, signal }) => {
    const images = ref.id ? [ref.id] : await look(signal, () => findImages(ref, ec2, signal));
    for (const id of images) await removeImage(ec2, id, signal);
  },
  'ec2:replaced-image': async (ref, { ec2, signal }) => {
    const { bringBack, doomedSnapshots, replacementState } = await import('./image/bring-back.ts');
    const state = await replacementState(ref, ec2, signal);
    if (state === 'done') await deleteSnapshots(ec2, doomedSnapshots(ref), signal);
    else if (state === 'half-way') await bringBack(ref, ec2, signal);
  },
  'ec2:launch-template': async (ref, { ec2, signal }) => {
    const which = ref.name ? { LaunchTemplateName: ref.name } : { LaunchTemplateId: ref.id };
    await gone(() => ec2.deleteLaunchTemplate(which, signal));
  },
  'iam:role-in-profile': async (ref, { aws, signal }) => {
    const { role: RoleName = '', profile: InstanceProfileName = '' } = ref.with ?? {};
    const iam = await aws.iam();
    await gone(() => iam.removeRoleFromInstanceProfile({ RoleName, InstanceProfileName }, signal));
  },
  'iam:role-policy': async (ref, { aws, signal }) => {
    const iam = await aws.iam();
    await gone(() => iam.deleteRolePolicy({ RoleName: ref.with?.role, PolicyName: ref.name }, signal));
  },
  'iam:role': async (ref, { aws, signal }) => {
    const iam = await aws.iam();
    await gone(() => iam.deleteRole({ RoleName: ref.name }, signal, stillInUse));
  },
  'iam:instance-profile': async (ref, { aws, signal }) => {
    const iam = await aws.iam();
    await gone(() => iam.deleteInstanceProfile({ InstanceProfileName: ref.name }, signal, stillInUse));
  },
};

const stillInUse = { notYet: (error: unknown) => isKind(error, 'busy'), within: IN_USE };

/**
 * Looks a few times for something that may have been created although nobody got the answer. `find` gives undefined
 * when there is nothing to look by.
 */
async function look(signal: AbortSignal, find: () => Promise<string[] | undefined>): Promise<string[]> {
  for (const pause of LOOKS) {
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

async function undoInstances(ref: ResourceRef, { ec2, signal, runIsOver }: Tools): Promise<void> {
  const ids =
    ref.id && ref.kind === 'ec2:instance' ? [ref.id] : await look(signal, () => findInstances(ref, ec2, signal));
  for (const id of ids) {
    const volumes = await leftoverVolumes(ref, ec2, id, signal);
    await gone(() => sharedCalls(ec2).terminate(id, signal));
    await waitForInstance(ec2, id, 'terminated', signal);
    for (const volume of volumes) await deleteVolume(ec2, volume, signal);
  }
  if (runIsOver && ref.with?.leftover) await sweepVolumes(ec2, ref.with.run, signal);
}

/** Volumes whose instance was terminated by a process that died before it came to them: only their tag tells whose they are. */
async function sweepVolumes(ec2: Ec2, runTag: string | undefined, signal: AbortSignal): Promise<void> {
  const tag = tagFilter(runTag);
  if (tag.length === 0) return;
  const free = { Name: 'status', Values: ['available', 'error'] };
  const { Volumes = [] } = await ec2.describeVolumes({ Filters: [...tag, free] }, signal);
  const ids = Volumes.flatMap(one => one.VolumeId ?? []);
  for (const id of await unfinished(ec2, ids, signal)) await deleteVolume(ec2, id, signal);
}

/** Volumes that the instance would leave behind: those at the devices the launch has marked, but no finished products. */
async function leftoverVolumes(ref: ResourceRef, ec2: Ec2, id: string, signal: AbortSignal): Promise<string[]> {
  const devices = ref.with?.leftover?.split(',').filter(device => device !== '') ?? [];
  if (devices.length === 0) return [];
  let ids: string[] = [];
  await gone(async () => {
    const { Reservations = [] } = await ec2.describeInstances({ InstanceIds: [id] }, signal);
    const mappings = Reservations[0]?.Instances?.[0]?.BlockDeviceMappings ?? [];
    ids = mappings.flatMap(one => (devices.includes(one.DeviceName ?? '') ? (one.Ebs?.VolumeId ?? []) : []));
  });
  return unfinished(ec2, ids, signal);
}

async function findInstances(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const by = ref.token ? [{ Name: 'client-token', Values: [ref.token] }] : tagFilter(ref.with?.tag);
  if (by.length === 0) return undefined;
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'] };
  const { Reservations = [] } = await ec2.describeInstances({ Filters: [...by, alive] }, signal);
  return Reservations.flatMap(one => one.Instances ?? []).flatMap(one => one.InstanceId ?? []);
}

async function undoSecurityGroup(ref: ResourceRef, { ec2, signal }: Tools): Promise<void> {
  const ids = ref.id ? [ref.id] : await look(signal, () => findSecurityGroups(ref, ec2, signal));
  for (const GroupId of ids) await gone(() => ec2.deleteSecurityGroup({ GroupId }, signal, stillInUse));
}

async function findSecurityGroups(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  if (!ref.name) return undefined;
  const { SecurityGroups = [] } = await ec2.describeSecurityGroups(
    { Filters: [{ Name: 'group-name', Values: [ref.name] }] },
    signal,
  );
  return SecurityGroups.flatMap(one => one.GroupId ?? []);
}

async function findVolumes(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const by = tagFilter(ref.with?.tag);
  if (by.length === 0) return undefined;
  const { Volumes = [] } = await ec2.describeVolumes(
    { Filters: [...by, { Name: 'status', Values: ['creating', 'available', 'in-use'] }] },
    signal,
  );
  return Volumes.flatMap(one => one.VolumeId ?? []);
}

/** By its token, or by its name: that is its description, as nothing else of a snapshot can be chosen. */
async function findSnapshots(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const by = [...(ref.name ? [{ Name: 'description', Values: [ref.name] }] : []), ...tagFilter(ref.with?.tag)];
  if (!ref.name && !ref.with?.tag?.startsWith(TOKEN_TAG)) return undefined;
  const { Snapshots = [] } = await ec2.describeSnapshots({ OwnerIds: ['self'], Filters: by }, signal);
  return Snapshots.flatMap(one => one.SnapshotId ?? []);
}

/** By name and run tag: an image of that name without the tag is somebody else's. */
async function findImages(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const tag = tagFilter(ref.with?.tag);
  if (!ref.name || tag.length === 0) return undefined;
  const { Images = [] } = await ec2.describeImages(
    { Owners: ['self'], Filters: [{ Name: 'name', Values: [ref.name] }, ...tag] },
    signal,
  );
  return Images.flatMap(one => one.ImageId ?? []);
}

/** Deregisters an image and deletes the snapshots behind it. Not being there is no failure. */
export async function removeImage(ec2: Ec2, id: string, signal: AbortSignal): Promise<void> {
  let image: Image | undefined;
  await gone(async () => {
    image = (await ec2.describeImages({ ImageIds: [id] }, signal)).Images?.[0];
  });
  // A pending image does not list its snapshots yet; their descriptions name the image.
  const made = await ec2.describeSnapshots(
    { OwnerIds: ['self'], Filters: [{ Name: 'description', Values: [`*for ${id}*`, `*DestinationAmi ${id} *`] }] },
    signal,
  );
  const snapshots = new Set([...snapshotIds(image), ...(made.Snapshots ?? []).flatMap(one => one.SnapshotId ?? [])]);
  await gone(() => ec2.deregisterImage({ ImageId: id }, signal));
  await deleteSnapshots(ec2, [...snapshots], signal);
}

/** Deletes snapshots; those that are gone already count as deleted. */
export async function deleteSnapshots(ec2: Ec2, ids: readonly string[], signal: AbortSignal): Promise<void> {
  for (const SnapshotId of ids) await gone(() => ec2.deleteSnapshot({ SnapshotId }, signal, stillInUse));
}
