import { sleep } from '../../sdk/async.ts';
import { KilnError } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned, UndoResource } from '../../sdk/resources.ts';
import type { Aws } from '../client/index.ts';
import { certainlyNotCreated, isAwsError, isKind } from '../policy/aws-error.ts';
import { finishedTags, runTag, tagList } from '../tags.ts';
import type { Instance } from '../types.ts';
import { undoSaying } from '../undo.ts';
import { waitForInstance } from '../waits.ts';
import { keptDevices, leftoverDevices } from './block-devices.ts';
import type { Network, Place } from './network.ts';
import { type LaunchParts, runRequest } from './request.ts';
import type { LaunchSettings } from './settings.ts';

/** Pauses between rounds through all places, in milliseconds. */
const ROUND_PAUSES = [3000, 10_000];

/** What hangs on an instance and matters when it goes. */
export interface Attachments {
  /** Things on this machine that must end before the instance does, e.g. a tunnel to it. */
  readonly closers: (() => Promise<void>)[];
  /** Devices whose volumes are finished products by now: they stay. */
  readonly finished: Set<string>;
}

/** The undo of an instance, after what hangs on it on this side. */
export function undoInstance(run: RunContext, aws: Aws, { closers, finished }: Attachments): UndoResource {
  const undo = undoSaying(aws, run.ui, 'Terminating the source AWS instance...');
  return async (ref, signal) => {
    for (const close of closers.splice(0)) await close();
    const left = (ref.with?.leftover ?? '').split(',').filter(device => device !== '' && !finished.has(device));
    await undo({ ...ref, with: { ...ref.with, leftover: left.join(',') } }, signal);
  };
}

/** A launched instance, running. */
export interface Launched {
  readonly instance: Instance;
  readonly owned: Owned<string>;
  /** What else was made for it, e.g. a launch template; goes after the instance. */
  readonly others: readonly Owned<unknown>[];
}

/** Launches on demand; when AWS has no room in one place, in the next one that would do (reference: step 8a). */
export async function launchOnDemand(
  run: RunContext,
  aws: Aws,
  settings: LaunchSettings,
  parts: LaunchParts,
  network: Network,
  attachments: Attachments,
): Promise<Launched> {
  run.ui.say('Launching a source AWS instance...');
  const owned = await firstWithRoom(run, network, (place, attempt) =>
    runInstance(run, aws, settings, parts, place, attempt, attachments),
  );
  run.ui.say(`Instance ID: ${owned.value}`);
  return { owned, instance: await waitUntilRunning(run, aws, owned.value), others: [] };
}

/** Tries the places in turn, some rounds long, while AWS only lacks capacity. */
async function firstWithRoom<T>(
  run: RunContext,
  network: Network,
  launch: (place: Place, attempt: number) => Promise<T>,
): Promise<T> {
  let places: readonly Place[] = network.places;
  let attempt = 0;
  for (const pause of [...ROUND_PAUSES, undefined]) {
    for (const [index, place] of places.entries()) {
      if (attempt > 0 && places.length > 1) run.ui.say(`Trying ${nameOf(place)}...`);
      try {
        return await launch(place, attempt++);
      } catch (error) {
        const last = pause === undefined && index === places.length - 1;
        if (!isKind(error, 'capacity') || last) throw explained(error);
        run.ui.say(`AWS has no room for the instance in ${nameOf(place)} now (${error.awsCode}).`);
      }
    }
    const others = network.others && places === network.places ? await network.others() : [];
    if (others.length > 0) places = others;
    else if (pause !== undefined) {
      run.ui.say(`Asking again in ${pause / 1000} seconds...`);
      await sleep(pause, run.signal);
    }
  }
  throw new KilnError('there is no place to launch the instance in');
}

/** A place as messages call it. */
export function nameOf(place: Place): string {
  return place.zone ?? place.subnetId ?? 'the zone of its choice';
}

export async function waitUntilRunning(run: RunContext, aws: Aws, id: string): Promise<Instance> {
  run.ui.say(`Waiting for instance (${id}) to become ready...`);
  return waitForInstance(aws.ec2(), id, 'running', run.signal);
}

/** What an instance's undo must know besides its id: volumes that would outlive it although nobody wants them. */
export function leftovers(run: RunContext, settings: LaunchSettings, parts: LaunchParts): Record<string, string> {
  const devices = [...leftoverDevices(parts.source.image, settings.mappings), ...(settings.products ?? [])];
  return devices.length > 0 ? { leftover: devices.join(','), run: runTag(run.resources) } : {};
}

async function runInstance(
  run: RunContext,
  aws: Aws,
  settings: LaunchSettings,
  parts: LaunchParts,
  place: Place,
  index: number,
  attachments: Attachments,
): Promise<Owned<string>> {
  const ec2 = aws.ec2();
  const token = run.resources.token(`instance ${index}`);
  return run.resources.acquire(
    { kind: 'ec2:instance', account: ec2.account, token, with: leftovers(run, settings, parts) },
    async () => {
      const reply = await ec2.runInstances(runRequest(settings, parts, place, token), run.signal, {
        notYet: notYet(settings),
      });
      const id = reply.Instances?.[0]?.InstanceId;
      if (!id) throw new KilnError('EC2 launched an instance but did not say which');
      return { id, value: id };
    },
    undoInstance(run, aws, attachments),
    certainlyNotCreated,
  );
}

/** What was just made is not visible to RunInstances at once: profile, security group, key pair. */
function notYet({ run, communicator }: LaunchSettings): (error: unknown) => boolean {
  const ownGroup = !run.security_group_id && !run.security_group_ids?.length && !run.security_group_filter;
  const ownProfile = !run.iam_instance_profile;
  return error => {
    if (isAwsError(error, 'InvalidParameterValue'))
      return ownProfile && /iamInstanceProfile|Instance Profile/i.test(error.message);
    if (isAwsError(error, 'InvalidGroup.NotFound')) return ownGroup;
    return isAwsError(error, 'InvalidKeyPair.NotFound') && !communicator.ssh_keypair_name;
  };
}

function explained(error: unknown): unknown {
  if (isAwsError(error, 'VPCIdNotSpecified')) {
    return new KilnError('there is no default VPC in this region, so the instance needs a subnet', {
      hint: 'add subnet_id or subnet_filter',
      cause: error,
      code: 'missing-subnet',
    });
  }
  return error;
}

/** Marks volumes that the template keeps beyond the build, so that nobody takes them for leftovers. */
export async function markKeptVolumes(
  run: RunContext,
  aws: Aws,
  settings: LaunchSettings,
  instance: Instance,
): Promise<void> {
  const devices = keptDevices(settings.mappings);
  if (devices.length === 0) return;
  const volumes = (instance.BlockDeviceMappings ?? []).flatMap(one =>
    devices.includes(one.DeviceName ?? '') ? (one.Ebs?.VolumeId ?? []) : [],
  );
  if (volumes.length === 0) return;
  await aws.ec2().createTags({ Resources: volumes, Tags: tagList(finishedTags(run.resources)) }, run.signal);
}
