/** Records of instances and of what they are made of: volumes, snapshots, images. Part of the model (model.ts). */
import type { LayerId } from '../machines/contract.ts';

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
