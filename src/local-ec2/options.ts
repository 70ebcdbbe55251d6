import type { FaultPlan } from './faults/plan.ts';
import type { LayerId, Machines } from './machines/contract.ts';
import type { Tags } from './store/model.ts';
import type { Timing } from './timing.ts';

export interface LocalEc2Options {
  /** Folder of the store; made when absent. Used by one process at a time. */
  readonly storeDir: string;
  /** What instances are; `namespaces` by default. */
  readonly machines?: 'none' | 'namespaces' | Machines;
  /** TCP port on 127.0.0.1; 0 or absent: any free one. */
  readonly port?: number;
  readonly timing?: Partial<Timing>;
  readonly faults?: FaultPlan;
  /** Regions to play; the first is the default one. */
  readonly region?: readonly string[];
  /** Of the fault plan's chances. */
  readonly seed?: number;
  /** Whether public images that the store does not have are stood in for. Default true. */
  readonly standIns?: boolean;
  /** Whether other processes may find and use it (`findRunningLocalEc2`), as with `kiln local up`. Default false. */
  readonly published?: boolean;
  /** One-line texts worth the user's attention, e.g. what stands in for a source image. */
  readonly onNotice?: (text: string) => void;
  /** Watches every call, and may make it look as if the network had failed; see `CallWatch`. */
  readonly onCall?: CallWatch;
}

/**
 * Told of a call when it has come in, before it has any effect (`received`), and when its effect is on disk, before the
 * answer goes out (`done`). `drop` cuts the connection there: the call is not carried out, or its answer is lost. So a
 * test can kill a client at any call, before or after its effect.
 */
export type CallWatch = (
  moment: 'received' | 'done',
  action: string,
  region: string,
) => 'drop' | undefined | Promise<'drop' | undefined>;

/** One API call as it was answered. */
export interface CallRecord {
  readonly service: string;
  readonly region: string;
  readonly action: string;
  /** The parameters as nested values; user data and key material included. */
  readonly params: Readonly<Record<string, unknown>>;
  /** When it came, milliseconds since 1970. */
  readonly time: number;
  /** How long it took, milliseconds. */
  readonly duration: number;
  /** `ok`, an error code, or `reply-lost` when the fault plan swallowed the answer. */
  readonly outcome: string;
  readonly requestId: string;
}

export interface StateEntry {
  readonly id: string;
  readonly region: string;
  readonly name?: string;
  readonly state?: string;
  readonly tags: Readonly<Tags>;
}

/** All that exists, for leak checks. What every region has by itself (default VPC, subnets, group) is left out. */
export interface StateSnapshot {
  /** Terminated ones are not listed. */
  readonly instances: readonly StateEntry[];
  readonly volumes: readonly StateEntry[];
  readonly snapshots: readonly StateEntry[];
  /** The account's own and imported ones, no stand-ins. */
  readonly images: readonly StateEntry[];
  readonly keyPairs: readonly StateEntry[];
  readonly securityGroups: readonly StateEntry[];
  readonly vpcs: readonly StateEntry[];
  readonly subnets: readonly StateEntry[];
  readonly launchTemplates: readonly StateEntry[];
  /** Active ones. */
  readonly spotRequests: readonly StateEntry[];
  /** Region is `global`. */
  readonly roles: readonly StateEntry[];
  readonly instanceProfiles: readonly StateEntry[];
}

export interface LocalImage {
  readonly imageId: string;
  readonly region: string;
  readonly name: string;
  readonly description: string;
  readonly state: string;
  /** `self`, or the alias or account it was imported under. */
  readonly owner: string;
  /** ISO 8601. */
  readonly creationDate: string;
  /** Size of its own root layers, bytes; the host's tree below a stand-in's is not counted. */
  readonly bytes: number;
  readonly layers: readonly LayerId[];
  readonly loginUser: string;
  readonly tags: Readonly<Tags>;
}

export interface ImportImageOptions {
  /** Root file system: an archive (.tar, .tar.gz, .tar.xz, .tar.zst) or a folder. */
  readonly source: string;
  readonly name: string;
  /** Account id or alias such as `amazon`; absent: the store's own account (`self`). */
  readonly owner?: string;
  readonly loginUser?: string;
  readonly description?: string;
  readonly architecture?: string;
  readonly rootDeviceName?: string;
  readonly signal?: AbortSignal;
}

export interface LocalEc2 {
  /** e.g. `http://127.0.0.1:40123`. */
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The default region. */
  readonly region: string;
  readonly accountId: string;
  /** The last calls, oldest first (at most 20,000). */
  readonly calls: readonly CallRecord[];
  state(): StateSnapshot;
  /** Makes an image of a root file system, the same in all regions. Throws a KilnError. */
  importImage(options: ImportImageOptions): Promise<LocalImage>;
  /** Images of the store, without stand-ins; an imported one is listed once, for the default region. */
  listImages(): readonly LocalImage[];
  /** Deregisters an image in all regions and deletes its snapshots. Throws a KilnError when it is not there or in use. */
  removeImage(imageId: string): Promise<void>;
  /** Stops serving, stops the machines, writes the state and gives the store back. */
  close(): Promise<void>;
}
