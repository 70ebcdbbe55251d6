import type { Ec2, Ec2Service } from './client/index.ts';
import { isKind } from './policy/aws-error.ts';
import { CallBatch } from './policy/call-batch.ts';
import { tagList } from './tags.ts';
import type { Image, Snapshot } from './types.ts';

/** Calls that builds of one process share, so that twenty of them make hardly more calls than one. */
export interface SharedCalls {
  /** Stops an instance. */
  stop(id: string, signal: AbortSignal): Promise<void>;
  /** Terminates an instance. */
  terminate(id: string, signal: AbortSignal): Promise<void>;
  /** Puts tags on things that may be so new that EC2 does not know them everywhere. */
  tag(ids: readonly string[], tags: Pairs, signal: AbortSignal): Promise<void>;
  /** The account's own images of exactly this name. */
  imagesNamed(name: string, signal: AbortSignal): Promise<readonly Image[]>;
  /** Snapshots by id. Throws when one is not known. */
  snapshots(ids: readonly string[], signal: AbortSignal): Promise<readonly Snapshot[]>;
  /** DescribeImages; builds that ask for the very same share the answer. */
  images(request: DescribeImages, signal: AbortSignal): Promise<readonly Image[]>;
  /** Names of the regions that the account can use. */
  regions(signal: AbortSignal): Promise<readonly string[]>;
}

type Pairs = Readonly<Record<string, string>>;
type DescribeImages = NonNullable<Parameters<Ec2Service['describeImages']>[0]>;
type Signal = AbortSignal;

/** How long calls are gathered, in milliseconds: not noticeably; longer while AWS refuses calls as too many. */
const GATHER = 3;
const GATHER_THROTTLED = 1500;

const known = new WeakMap<Ec2, SharedCalls>();

/** The shared calls of one region's EC2. */
export function sharedCalls(ec2: Ec2): SharedCalls {
  const found = known.get(ec2);
  if (found) return found;
  const made = share(ec2);
  known.set(ec2, made);
  return made;
}

const notYet = (error: unknown): boolean => isKind(error, 'not-found');

function share(ec2: Ec2): SharedCalls {
  const gather = <I, R>(send: (items: readonly I[], signal: Signal) => Promise<readonly R[]>): CallBatch<I, R> =>
    new CallBatch(send, () => (ec2.throttled() ? GATHER_THROTTLED : GATHER));

  const stops = gather<string, void>(async (ids, signal) => {
    await ec2.stopInstances({ InstanceIds: unique(ids) }, signal, { notYet });
    return [];
  });
  const terminations = gather<string, void>(async (ids, signal) => {
    await ec2.terminateInstances({ InstanceIds: unique(ids) }, signal);
    return [];
  });
  const taggings = each((tags: Pairs) =>
    gather<readonly string[], void>(async (ids, signal) => {
      await ec2.createTags({ Resources: unique(ids.flat()), Tags: tagList(tags) }, signal, { notYet });
      return [];
    }),
  );
  const names = gather<string, readonly Image[]>(async (wanted, signal) => {
    const Filters = [{ Name: 'name', Values: unique(wanted).map(literal) }];
    const { Images = [] } = await ec2.describeImages({ Owners: ['self'], Filters }, signal);
    return wanted.map(name => Images.filter(image => image.Name === name));
  });
  const snapshots = gather<readonly string[], readonly Snapshot[]>(async (wanted, signal) => {
    const { Snapshots = [] } = await ec2.describeSnapshots({ SnapshotIds: unique(wanted.flat()) }, signal);
    return wanted.map(ids => Snapshots.filter(one => ids.includes(one.SnapshotId ?? '')));
  });
  const images = each((request: DescribeImages) =>
    gather<undefined, readonly Image[]>(async (askers, signal) => {
      const { Images = [] } = await ec2.describeImages(request, signal);
      return askers.map(() => Images);
    }),
  );
  let regionNames: readonly string[] | undefined;
  const regions = gather<undefined, readonly string[]>(async (askers, signal) => {
    const { Regions = [] } = await ec2.describeRegions({}, signal);
    const found = Regions.flatMap(one => one.RegionName ?? []);
    regionNames = found;
    return askers.map(() => found);
  });

  return {
    stop: (id, signal) => stops.ask(id, signal),
    terminate: (id, signal) => terminations.ask(id, signal),
    tag: (ids, tags, signal) => taggings(tags).ask(ids, signal),
    imagesNamed: (name, signal) => names.ask(name, signal),
    snapshots: (ids, signal) => snapshots.ask(ids, signal),
    images: (request, signal) => images(request).ask(undefined, signal),
    regions: async signal => regionNames ?? regions.ask(undefined, signal),
  };
}

/** One thing for each key that reads the same. */
function each<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const all = new Map<string, V>();
  return key => {
    const text = JSON.stringify(key);
    const found = all.get(text) ?? make(key);
    all.set(text, found);
    return found;
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** A filter value that matches only itself: EC2 reads `*`, `?` and `\` as wildcards and escapes. */
export function literal(value: string): string {
  return value.replace(/[*?\\]/g, character => `\\${character}`);
}
