/** What the embedded EC2 remembers. Plain JSON: times are milliseconds since 1970, names are kiln's own. */
import type { LayerId } from '../machines/contract.ts';
import type {
  ImageRecord,
  InstanceRecord,
  ResourceRecord,
  SnapshotRecord,
  StateReason,
  Tags,
  VolumeRecord,
} from './machine-records.ts';

export type * from './machine-records.ts';

/** Raised whenever an older kiln could not read what a newer one writes. */
export const STORE_VERSION = 1;

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
