import type { Ec2 } from './client/index.ts';
import { isKind } from './policy/aws-error.ts';
import { type DescribeMany, Poller } from './policy/poller.ts';
import { StateTimes } from './policy/state-times.ts';
import type { Image, ImportImageTask, Instance, Snapshot, Volume } from './types.ts';

/** The pollers of one region, shared by all builds that use the same account. */
export interface Watched {
  readonly instances: Poller<Instance>;
  readonly images: Poller<Image>;
  readonly snapshots: Poller<Snapshot>;
  readonly volumes: Poller<Volume>;
  readonly importTasks: Poller<ImportImageTask>;
  /** How long changes of state take there. */
  readonly times: StateTimes;
}

/** Pause between two questions while AWS refuses calls as too many: a second for each wait, in milliseconds. */
const THROTTLED_PAUSE = 1000;
const LONGEST_THROTTLED_PAUSE = 8000;

/** What was seen at an endpoint holds for all its regions. */
const stateTimes = new Map<string, StateTimes>();
const watched = new WeakMap<Ec2, Watched>();

export function watch(ec2: Ec2): Watched {
  const known = watched.get(ec2);
  if (known) return known;
  const poller = <T>(describe: DescribeAll<T>): Poller<T> =>
    new Poller(
      present((ids, signal) => describe(ec2, ids, signal)),
      waits => (ec2.throttled() ? Math.min(waits * THROTTLED_PAUSE, LONGEST_THROTTLED_PAUSE) : 0),
    );
  const made: Watched = {
    instances: poller(describeInstances),
    images: poller(describeImages),
    snapshots: poller(describeSnapshots),
    volumes: poller(describeVolumes),
    importTasks: poller(describeImportTasks),
    times: stateTimesOf(ec2),
  };
  watched.set(ec2, made);
  return made;
}

function stateTimesOf(ec2: Ec2): StateTimes {
  const key = `${ec2.local} ${ec2.account.endpoint ?? ''}`;
  const known = stateTimes.get(key);
  if (known) return known;
  const made = new StateTimes(ec2.local);
  stateTimes.set(key, made);
  return made;
}

type DescribeAll<T> = (ec2: Ec2, ids: readonly string[], signal: AbortSignal) => Promise<Found<T>>;

type Found<T> = readonly (readonly [string, T])[];

async function describeInstances(ec2: Ec2, ids: readonly string[], signal: AbortSignal): Promise<Found<Instance>> {
  const { Reservations = [] } = await ec2.describeInstances({ InstanceIds: [...ids] }, signal);
  return Reservations.flatMap(one => one.Instances ?? []).map(one => [one.InstanceId ?? '', one]);
}

async function describeImages(ec2: Ec2, ids: readonly string[], signal: AbortSignal): Promise<Found<Image>> {
  const { Images = [] } = await ec2.describeImages({ ImageIds: [...ids] }, signal);
  return Images.map(one => [one.ImageId ?? '', one]);
}

async function describeSnapshots(ec2: Ec2, ids: readonly string[], signal: AbortSignal): Promise<Found<Snapshot>> {
  const { Snapshots = [] } = await ec2.describeSnapshots({ SnapshotIds: [...ids] }, signal);
  return Snapshots.map(one => [one.SnapshotId ?? '', one]);
}

async function describeVolumes(ec2: Ec2, ids: readonly string[], signal: AbortSignal): Promise<Found<Volume>> {
  const { Volumes = [] } = await ec2.describeVolumes({ VolumeIds: [...ids] }, signal);
  return Volumes.map(one => [one.VolumeId ?? '', one]);
}

async function describeImportTasks(
  ec2: Ec2,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Found<ImportImageTask>> {
  const { ImportImageTasks = [] } = await ec2.describeImportImageTasks({ ImportTaskIds: [...ids] }, signal);
  return ImportImageTasks.map(one => [one.ImportTaskId ?? '', one]);
}

/**
 * EC2 refuses a whole describe call when one of the ids is unknown (or not yet known): asks again without those its
 * message names.
 */
function present<T>(describe: (ids: readonly string[], signal: AbortSignal) => Promise<Found<T>>): DescribeMany<T> {
  return async (ids, signal) => {
    let left = ids;
    while (left.length > 0) {
      try {
        return new Map(await describe(left, signal));
      } catch (error) {
        if (!isKind(error, 'not-found')) throw error;
        const unknown = left.filter(id => error.message.includes(id));
        // A message without ids tells nothing about several: take them one by one.
        if (unknown.length === 0 && left.length > 1) return oneByOne(left, describe, signal);
        left = left.filter(id => !unknown.includes(id) && unknown.length > 0);
      }
    }
    return new Map();
  };
}

async function oneByOne<T>(
  ids: readonly string[],
  describe: (ids: readonly string[], signal: AbortSignal) => Promise<Found<T>>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, T>> {
  const found: (readonly [string, T])[] = [];
  for (const id of ids) {
    try {
      found.push(...(await describe([id], signal)));
    } catch (error) {
      if (!isKind(error, 'not-found')) throw error;
    }
  }
  return new Map(found);
}
