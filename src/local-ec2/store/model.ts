/** What the embedded EC2 remembers. Plain JSON: times are milliseconds since 1970, names are kiln's own. */
import type { LayerId } from '../machines/contract.ts';

/** Raised whenever an older kiln could not read what a newer one writes. */
export const STORE_VERSION = 1;

export type Tags = Record<string, string>;

export interface ResourceRecord {
  id: string;
  tags: Tags;
  createdAt: number;
}

export interface StateReason {
  code: string;
  message: string;
}

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

export interface DiskAttachment {
  device: string;
  volumeId: string;
  deleteOnTermination: boolean;
  attachedAt: number;
}

export interface MetadataOptions {
  httpTokens: string;
  httpPutResponseHopLimit: number;
  httpEndpoint: string;
  httpProtocolIpv6: string;
  instanceMetadataTags: string;
}

export interface InstanceRecord extends ResourceRecord {
  state: InstanceState;
  stateReason?: StateReason;
  /** e.g. `User initiated (2024-01-31 12:00:00 GMT)`. */
  transitionReason: string;
  endedAt?: number;
  imageId: string;
  platform?: string;
  architecture: string;
  loginUser: string;
  bootMode?: string;
  tpmSupport?: string;
  productCodes: string[];
  type: string;
  zone: string;
  subnetId: string;
  vpcId: string;
  groupIds: string[];
  keyName?: string;
  publicKey?: string;
  address: string;
  publicAddress: boolean;
  mac: string;
  reservationId: string;
  launchIndex: number;
  launchedAt: number;
  clientToken?: string;
  userData?: string;
  shutdownBehavior: 'stop' | 'terminate';
  rootDeviceName: string;
  disks: DiskAttachment[];
  profile?: { arn: string; id: string };
  eniId: string;
  eniDescription?: string;
  eniTags: Tags;
  spot?: { requestId: string };
  fleetId?: string;
  ebsOptimized: boolean;
  enaSupport: boolean;
  sriovNetSupport?: string;
  disableApiTermination: boolean;
  disableApiStop: boolean;
  sourceDestCheck: boolean;
  monitoring: boolean;
  enclave: boolean;
  hibernation: boolean;
  cpuCredits?: string;
  metadata: MetadataOptions;
  tenancy: string;
  hostId?: string;
  hostResourceGroupArn?: string;
  groupName?: string;
  licenses: string[];
  capacityReservation?: { preference?: string; id?: string; groupArn?: string };
  hostKeys: string[];
  /** What was last read of the console; kept after the machine went. */
  console?: string;
  /** No machine of its own: this host plays it, for builds that work on the instance they run on. */
  host?: boolean;
}

/**
 * What a disk holds: a root volume a chain of layers, a data volume an image file; neither: zeroes. A snapshot that was
 * used both ways has both, which say the same.
 */
export interface DiskContent {
  layers?: LayerId[];
  imageFile?: string;
}

export interface VolumeRecord extends ResourceRecord {
  state: 'creating' | 'available' | 'in-use' | 'deleting' | 'error';
  size: number;
  type: string;
  iops?: number;
  throughput?: number;
  zone: string;
  snapshotId?: string;
  encrypted: boolean;
  kmsKeyId?: string;
  multiAttach: boolean;
  content: DiskContent;
  /** A machine booted from it once: user data ran, host keys are made. */
  booted: boolean;
  /** Files of its own exist on the machines' side: a writable layer, or a disk file when its content is no layers. */
  written: boolean;
  attachment?: { instanceId: string; device: string; status: 'attaching' | 'attached' | 'detaching'; at: number };
  modification?: { at: number; from: number; fromType: string };
  clientToken?: string;
}

export interface SnapshotRecord extends ResourceRecord {
  state: 'pending' | 'completed' | 'error';
  stateMessage?: string;
  volumeId: string;
  size: number;
  description: string;
  encrypted: boolean;
  kmsKeyId?: string;
  ownerId: string;
  ownerAlias?: string;
  readyAt: number;
  sharedWith: string[];
  public: boolean;
  imported: boolean;
  /** Usual login of the system in it, when it holds a root file system. */
  loginUser?: string;
  content: DiskContent;
}

export interface ImageMapping {
  device: string;
  virtualName?: string;
  ebs?: {
    snapshotId?: string;
    size: number;
    type: string;
    iops?: number;
    throughput?: number;
    deleteOnTermination: boolean;
    encrypted: boolean;
    kmsKeyId?: string;
  };
}

export interface LaunchPermission {
  kind: 'user' | 'group' | 'org' | 'ou';
  value: string;
}

export interface FastLaunch {
  state: 'enabling' | 'enabling-failed' | 'enabled' | 'disabling';
  maxParallelLaunches: number;
  targetResourceCount: number;
  template?: { id?: string; name?: string; version: string };
  at: number;
}

export interface ImageRecord extends ResourceRecord {
  state: 'pending' | 'available' | 'failed' | 'deregistered';
  stateReason?: StateReason;
  name: string;
  description?: string;
  location: string;
  ownerId: string;
  ownerAlias?: string;
  architecture: string;
  platform?: string;
  rootDeviceName: string;
  rootDeviceType: 'ebs' | 'instance-store';
  virtualizationType: string;
  mappings: ImageMapping[];
  permissions: LaunchPermission[];
  productCodes: string[];
  enaSupport: boolean;
  sriovNetSupport?: string;
  bootMode?: string;
  tpmSupport?: string;
  imdsSupport?: string;
  uefiData?: string;
  kernelId?: string;
  ramdiskId?: string;
  deprecationTime?: number;
  protection: 'disabled' | 'enabled-without-cooldown' | 'enabled-with-cooldown';
  lastLaunchedAt?: number;
  sourceInstanceId?: string;
  sourceImageId?: string;
  sourceImageRegion?: string;
  loginUser: string;
  /** Stands in for a public image that this store does not have. */
  standIn: boolean;
  /** Made from a root file system given by the user; the same in all regions. */
  imported: boolean;
  fastLaunch?: FastLaunch;
}

export interface KeyPairRecord extends ResourceRecord {
  name: string;
  type: 'rsa' | 'ed25519';
  fingerprint: string;
  /** OpenSSH one-line form. */
  publicKey: string;
}

export interface RuleRecord {
  id: string;
  egress: boolean;
  protocol: string;
  fromPort?: number;
  toPort?: number;
  source: { cidr4: string } | { cidr6: string } | { prefixListId: string } | { groupId: string; userId: string };
  description?: string;
  tags: Tags;
}

export interface SecurityGroupRecord extends ResourceRecord {
  name: string;
  description: string;
  vpcId: string;
  rules: RuleRecord[];
}

export interface VpcRecord extends ResourceRecord {
  cidr: string;
  isDefault: boolean;
}

export interface SubnetRecord extends ResourceRecord {
  vpcId: string;
  cidr: string;
  zone: string;
  defaultForZone: boolean;
  mapPublicIp: boolean;
}

export interface LaunchTemplateRecord extends ResourceRecord {
  name: string;
  /** The wire parameters of `LaunchTemplateData`, one per version. */
  versions: { at: number; description?: string; data: unknown }[];
  clientToken?: string;
}

export interface FleetRecord extends ResourceRecord {
  state: string;
  instanceIds: string[];
}

export interface SpotRequestRecord extends ResourceRecord {
  state: 'active' | 'closed' | 'cancelled';
  status: StateReason;
  instanceId: string;
  instanceType: string;
  imageId: string;
  zone: string;
  price: string;
}

export interface ImportTaskRecord extends ResourceRecord {
  status: 'active' | 'completed' | 'deleting' | 'deleted';
  message?: string;
  imageId?: string;
  snapshotId?: string;
  architecture: string;
  platform: string;
  description?: string;
  licenseType?: string;
  encrypted: boolean;
  kmsKeyId?: string;
  format?: string;
  url?: string;
  bootMode?: string;
}

/** What an idempotent call answered, so that its repeat answers the same. */
export interface TokenRecord {
  request: string;
  ids: string[];
  at: number;
}

type Table<R> = Record<string, R>;

/** Tables of one region, by id. */
export interface RegionState {
  instances: Table<InstanceRecord>;
  volumes: Table<VolumeRecord>;
  snapshots: Table<SnapshotRecord>;
  images: Table<ImageRecord>;
  keyPairs: Table<KeyPairRecord>;
  securityGroups: Table<SecurityGroupRecord>;
  vpcs: Table<VpcRecord>;
  subnets: Table<SubnetRecord>;
  launchTemplates: Table<LaunchTemplateRecord>;
  fleets: Table<FleetRecord>;
  spotRequests: Table<SpotRequestRecord>;
  importTasks: Table<ImportTaskRecord>;
  /** By action and client token. */
  tokens: Table<TokenRecord>;
  /** Ids that were deregistered here: never stood in for. Value: when. */
  goneImages: Table<number>;
}

export interface RoleRecord {
  name: string;
  id: string;
  path: string;
  trust: string;
  description?: string;
  maxSessionDuration: number;
  createdAt: number;
  tags: Tags;
  policies: Record<string, string>;
  attached: string[];
}

export interface InstanceProfileRecord {
  name: string;
  id: string;
  path: string;
  createdAt: number;
  tags: Tags;
  roles: string[];
}

export interface StoreState {
  version: number;
  /** 12 digits; the account all local resources belong to. */
  accountId: string;
  /** Second octet of the loopback addresses, so that two stores of one host hardly ever meet. */
  network: number;
  regions: Record<string, RegionState>;
  roles: Table<RoleRecord>;
  instanceProfiles: Table<InstanceProfileRecord>;
  /** Sizes in bytes of the layers this store made or imported. */
  layers: Record<LayerId, number>;
  /** Sizes in bytes of the disk images this store made. */
  diskImages?: Record<string, number>;
}

export function emptyRegion(): RegionState {
  return {
    instances: {},
    volumes: {},
    snapshots: {},
    images: {},
    keyPairs: {},
    securityGroups: {},
    vpcs: {},
    subnets: {},
    launchTemplates: {},
    fleets: {},
    spotRequests: {},
    importTasks: {},
    tokens: {},
    goneImages: {},
  };
}
