import { KilnError } from '../sdk/errors.ts';
import type { Ui } from '../sdk/plugin.ts';
import type { ResourceKind, ResourceRef, UndoResource } from '../sdk/resources.ts';
import type { Aws } from './client/index.ts';
import {
  findImages,
  findInstances,
  findSecurityGroups,
  findSnapshots,
  findVolumes,
  isFresh,
  keyPairsOf,
  look,
} from './find-created.ts';
import { deleteSnapshots, removeImage } from './image/remove.ts';
import { isKind } from './policy/aws-error.ts';
import { openRecordedAccount } from './recorded-account.ts';
import { type Removal, surelyGone } from './removal.ts';
import { sharedCalls } from './shared-calls.ts';
import { tagFilter } from './tags.ts';
import { deleteVolume, removeVolume, unfinished } from './volumes/remove.ts';
import { waitForInstance } from './waits.ts';

/** How long something may still be in use by what was undone just before, in milliseconds. */
const IN_USE = 5 * 60_000;

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
  await undo(ref, { aws, ec2: aws.ec2(ref.account.region), signal, fresh: isFresh(ref), runIsOver });
}

interface Tools extends Removal {
  readonly aws: Aws;
  /** Nothing of the run is at work any more. */
  readonly runIsOver: boolean;
}

type Undo = (ref: ResourceRef, tools: Tools) => Promise<void>;

const UNDO: Partial<Record<ResourceKind, Undo>> = {
  'ec2:instance': undoInstances,
  'ec2:fleet': undoInstances,
  'ec2:key-pair': async (ref, tools) => {
    const { ec2, signal } = tools;
    const { name = '', with: parts } = ref;
    const unsure = ref.id === undefined && parts?.tag;
    const names = unsure ? await look(tools, () => keyPairsOf(ec2, name, parts.tag, signal)) : [name];
    for (const KeyName of names) if (KeyName) await surelyGone(() => ec2.deleteKeyPair({ KeyName }, signal), tools);
  },
  'ec2:security-group': async (ref, tools) => {
    const { ec2, signal } = tools;
    const ids = ref.id ? [ref.id] : await look(tools, () => findSecurityGroups(ref, ec2, signal));
    for (const GroupId of ids) await surelyGone(() => ec2.deleteSecurityGroup({ GroupId }, signal, stillInUse), tools);
  },
  'ec2:volume': async (ref, tools) => {
    const ids = ref.id ? [ref.id] : await look(tools, () => findVolumes(ref, tools.ec2, tools.signal));
    for (const id of ids) await removeVolume(id, ref, tools);
  },
  'ec2:snapshot': async (ref, tools) => {
    const ids = ref.id ? [ref.id] : await look(tools, () => findSnapshots(ref, tools.ec2, tools.signal));
    await deleteSnapshots(ids, tools);
  },
  'ec2:image': async (ref, tools) => {
    const ids = ref.id ? [ref.id] : await look(tools, () => findImages(ref, tools.ec2, tools.signal));
    for (const id of ids) await removeImage(id, tools);
  },
  'ec2:replaced-image': async (ref, tools) => {
    const { bringBack, doomedSnapshots, replacementState } = await import('./image/bring-back.ts');
    const state = await replacementState(ref, tools.ec2, tools.signal);
    if (state === 'done') await deleteSnapshots(doomedSnapshots(ref), tools);
    else if (state === 'half-way') await bringBack(ref, tools.ec2, tools.signal);
  },
  'ec2:launch-template': async (ref, tools) => {
    const which = ref.name ? { LaunchTemplateName: ref.name } : { LaunchTemplateId: ref.id };
    await surelyGone(() => tools.ec2.deleteLaunchTemplate(which, tools.signal), tools);
  },
  'ec2:import-task': async (ref, tools) => {
    const { removeImport } = await import('./import/remove.ts');
    await removeImport(ref, tools);
  },
  's3:object': async (ref, { aws, signal }) => {
    const { removeObject } = await import('./import/remove.ts');
    await removeObject(ref, aws, signal);
  },
  'iam:role-in-profile': async (ref, tools) => {
    const { role: RoleName = '', profile: InstanceProfileName = '' } = ref.with ?? {};
    const iam = await tools.aws.iam();
    const names = { RoleName, InstanceProfileName };
    await surelyGone(() => iam.removeRoleFromInstanceProfile(names, tools.signal), tools);
  },
  'iam:role-policy': async (ref, tools) => {
    const iam = await tools.aws.iam();
    const names = { RoleName: ref.with?.role, PolicyName: ref.name };
    await surelyGone(() => iam.deleteRolePolicy(names, tools.signal), tools);
  },
  'iam:role': async (ref, tools) => {
    const iam = await tools.aws.iam();
    await surelyGone(() => iam.deleteRole({ RoleName: ref.name }, tools.signal, stillInUse), tools);
  },
  'iam:instance-profile': async (ref, tools) => {
    const iam = await tools.aws.iam();
    const name = { InstanceProfileName: ref.name };
    await surelyGone(() => iam.deleteInstanceProfile(name, tools.signal, stillInUse), tools);
  },
};

const stillInUse = { notYet: (error: unknown) => isKind(error, 'busy'), within: IN_USE };

async function undoInstances(ref: ResourceRef, tools: Tools): Promise<void> {
  const { ec2, signal } = tools;
  const known = ref.kind === 'ec2:instance' ? ref.id : undefined;
  const ids = known ? [known] : await look(tools, () => findInstances(ref, ec2, signal));
  for (const id of ids) {
    const volumes = await leftoverVolumes(ref, id, tools);
    await surelyGone(() => sharedCalls(ec2).terminate(id, signal), tools);
    await waitForInstance(ec2, id, 'terminated', signal);
    for (const volume of volumes) await deleteVolume(volume, tools);
  }
  if (tools.runIsOver && ref.with?.leftover) await sweepVolumes(ref.with.run, tools);
}

/** Volumes whose instance was terminated by a process that died before it came to them: only their tag tells whose they are. */
async function sweepVolumes(runTag: string | undefined, tools: Tools): Promise<void> {
  const tag = tagFilter(runTag);
  if (tag.length === 0) return;
  const { ec2, signal } = tools;
  const free = { Name: 'status', Values: ['available', 'error'] };
  const { Volumes = [] } = await ec2.describeVolumes({ Filters: [...tag, free] }, signal);
  const ids = Volumes.flatMap(one => one.VolumeId ?? []);
  for (const id of await unfinished(ec2, ids, signal)) await deleteVolume(id, tools);
}

/** Volumes that the instance would leave behind: those at the devices the launch has marked, but no finished products. */
async function leftoverVolumes(ref: ResourceRef, id: string, tools: Tools): Promise<string[]> {
  const devices = ref.with?.leftover?.split(',').filter(device => device !== '') ?? [];
  if (devices.length === 0) return [];
  const { ec2, signal } = tools;
  let ids: string[] = [];
  await surelyGone(async () => {
    const { Reservations = [] } = await ec2.describeInstances({ InstanceIds: [id] }, signal);
    const mappings = Reservations[0]?.Instances?.[0]?.BlockDeviceMappings ?? [];
    ids = mappings.flatMap(one => (devices.includes(one.DeviceName ?? '') ? (one.Ebs?.VolumeId ?? []) : []));
  }, tools);
  return unfinished(ec2, ids, signal);
}
