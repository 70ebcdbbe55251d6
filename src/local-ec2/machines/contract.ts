/**
 * The border between the EC2 API (src/local-ec2/api, store) and the machines (src/local-ec2/machines). The API side
 * thinks in instances, volumes and snapshots; this side knows namespaces, overlays and processes.
 */

/** A frozen tree of files. Layers stack: an image's root is its chain of layers, lowest first. */
export type LayerId = string;

/** The lowest layer when nothing was imported: this machine's own tree, read-only. */
export const HOST_LAYER: LayerId = 'host';

export interface DiskSpec {
  readonly volumeId: string;
  /** As the instance sees it, e.g. `/dev/sdf`. */
  readonly device: string;
  readonly sizeGiB: number;
  /** Content to start from when it is attached the first time; undefined: zeroes. A plain file name inside the store. */
  readonly imageFile?: string;
}

export interface MachineSpec {
  readonly instanceId: string;
  /** Chain of frozen layers, lowest first; never written. */
  readonly layers: readonly LayerId[];
  /** Names the writable layer of this instance's root volume; kept while the volume lives. */
  readonly rootVolumeId: string;
  /** Loopback address (127.x.y.z) that is this machine's own. */
  readonly address: string;
  readonly hostname: string;
  /** Decoded user data; run at first boot when it starts with `#!`. */
  readonly userData?: Buffer;
  /** OpenSSH public key lines admitted for the login users. */
  readonly authorizedKeys: readonly string[];
  /** The image's usual login, e.g. `ubuntu`; created at boot when the image has it not. */
  readonly loginUser: string;
  /** First start of this root volume: run user data, make host keys. */
  readonly firstBoot: boolean;
  readonly disks: readonly DiskSpec[];
  /** What the guest may learn about itself (instance metadata served on its link-local stand-in, and /run/kiln/). */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface RunningMachine {
  readonly instanceId: string;
  /** 22 unless another process of this host holds that port on all addresses. */
  readonly sshPort: number;
  /** OpenSSH one-line public host keys. */
  readonly hostKeys: readonly string[];
  /** Resolves when the machine went down by itself: `shutdown` or `reboot` inside, or its init died. */
  readonly ended: Promise<'poweroff' | 'reboot' | 'died'>;
  /** What the machine printed while it booted, host keys included, as EC2's console output has them. */
  consoleOutput(): Promise<string>;
  /** Orderly shutdown, then force after `graceMilliseconds`. All processes and mounts are gone when it resolves. */
  stop(graceMilliseconds: number): Promise<void>;
}

/** The content of a disk as it was at one moment: a raw image, a plain file name inside the store. */
export interface DiskImage {
  readonly imageFile: string;
  /** Disk space it takes, in bytes. */
  readonly bytes: number;
}

/**
 * Disks besides the root: sparse files of the store, shown as block devices. A disk that holds a root file system can
 * become a root volume and the other way round, as on EC2: unpacked into a layer, packed into a disk image.
 */
export interface Disks {
  /** Shows a disk to a running machine. */
  attach(instanceId: string, disk: DiskSpec): Promise<void>;
  /** Takes it away; resolves when nothing in the machine uses it any more. */
  detach(instanceId: string, volumeId: string): Promise<void>;
  /** Shows a disk to this host itself, by its device name and, for each partition, that name and a number. */
  attachToHost(disk: DiskSpec): Promise<void>;
  /** Takes it away; resolves when nothing of this host uses it any more. */
  detachFromHost(volumeId: string): Promise<void>;
  /** Copies what a disk holds now. */
  freeze(volumeId: string): Promise<DiskImage>;
  /** Turns the root file system on a disk image into a layer. Throws a KilnError when there is none, or no image. */
  unpack(imageFile: string | undefined): Promise<{ readonly layer: LayerId; readonly bytes: number }>;
  /** Makes a disk image of a chain of layers: one partition with an ext4 file system. */
  pack(layers: readonly LayerId[], sizeGiB: number): Promise<DiskImage>;
  deleteImage(imageFile: string): Promise<void>;
}

export interface Machines {
  readonly disks: Disks;
  /** Throws a KilnError that says what right or tool is missing, and what to do. */
  checkHost(): Promise<void>;
  start(spec: MachineSpec): Promise<RunningMachine>;
  /**
   * Freezes the written part of a stopped machine's root volume as a new layer: its data are moved, not copied, and
   * the volume goes on with an empty writable layer on top of it. Returns the layer's size in bytes too.
   * A running machine is copied instead (file system sync first).
   */
  freeze(rootVolumeId: string): Promise<{ readonly layer: LayerId; readonly bytes: number }>;
  /** Deletes a volume's writable layer. */
  deleteVolume(volumeId: string): Promise<void>;
  deleteLayer(layer: LayerId): Promise<void>;
  /** Turns a root file system archive or folder into a layer. */
  importLayer(source: string, signal: AbortSignal): Promise<{ readonly layer: LayerId; readonly bytes: number }>;
  /** Ends every machine of this store that a dead process left, and its mounts. Run at start. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}
