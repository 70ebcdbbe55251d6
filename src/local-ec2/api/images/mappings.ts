import { ApiError, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import type { BlockDeviceMappings } from '../../protocol/params.ts';
import type { ImageMapping, SnapshotRecord } from '../../store/model.ts';

/** Limits of the volume types. Source: EC2 user guide, "Amazon EBS volume types". */
const VOLUME_TYPES: Readonly<
  Record<
    string,
    {
      readonly min: number;
      readonly max: number;
      readonly iops?: readonly [number, number];
      readonly throughput?: readonly [number, number];
    }
  >
> = {
  standard: { min: 1, max: 1024 },
  gp2: { min: 1, max: 16_384 },
  gp3: { min: 1, max: 65_536, iops: [3000, 80_000], throughput: [125, 2000] },
  io1: { min: 4, max: 16_384, iops: [100, 64_000] },
  io2: { min: 4, max: 65_536, iops: [100, 256_000] },
  st1: { min: 125, max: 16_384 },
  sc1: { min: 125, max: 16_384 },
};

interface VolumeParameters {
  readonly size: number | undefined;
  readonly type: string;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

/** Refuses sizes and rates that the volume type does not have. */
export function checkVolume({ size, type, iops, throughput }: VolumeParameters): void {
  const limits = Object.hasOwn(VOLUME_TYPES, type) ? VOLUME_TYPES[type] : undefined;
  if (!limits) throw new ApiError('UnknownVolumeType', `Unsupported volume type '${type}' for volume creation.`);
  if (size !== undefined && (size < limits.min || size > limits.max))
    throw invalidParameter(
      `Volume of ${size}GiB is ${size < limits.min ? 'too small' : 'too large'} for volume type ${type}; ${size < limits.min ? 'minimum' : 'maximum'} is ${size < limits.min ? limits.min : limits.max}GiB.`,
    );
  checkRate('iops', iops, limits.iops, type);
  checkRate('throughput', throughput, limits.throughput, type);
  if ((type === 'io1' || type === 'io2') && iops === undefined) throw missingParameter('iops');
}

function checkRate(
  name: string,
  value: number | undefined,
  range: readonly [number, number] | undefined,
  type: string,
): void {
  if (value === undefined) return;
  if (!range)
    throw new ApiError('InvalidParameterCombination', `The parameter ${name} is not supported for ${type} volumes.`);
  if (value < range[0] || value > range[1])
    throw invalidParameter(
      `Volume ${name} of ${value} is out of range for ${type}; it must be between ${range[0]} and ${range[1]}.`,
    );
}

export function checkDeviceName(device: string): void {
  if (
    !/^(\/dev\/)?(sd[a-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}([1-9]|1[0-5])?|hd[a-z]([1-9]|1[0-5])?|nvme\d+n\d+(p\d+)?)$/.test(
      device,
    )
  )
    throw invalidParameter(
      `Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`,
    );
}

/** The request's mappings laid over those of an image or instance: same device replaces, NoDevice removes. */
export function mergeMappings(
  base: readonly ImageMapping[],
  wanted: BlockDeviceMappings,
  snapshot: (id: string) => SnapshotRecord,
): ImageMapping[] {
  const merged = new Map(base.map(one => [one.device, one]));
  const seen = new Set<string>();
  for (const one of wanted) {
    const device = one.DeviceName;
    if (!device) throw missingParameter('BlockDeviceMapping.DeviceName');
    if (seen.has(device))
      throw new ApiError(
        'InvalidBlockDeviceMapping',
        `The device '${device}' is used in more than one block-device mapping`,
      );
    seen.add(device);
    if (one.NoDevice !== undefined) {
      merged.delete(device);
      continue;
    }
    if (one.VirtualName !== undefined) {
      merged.set(device, { device, virtualName: one.VirtualName });
      continue;
    }
    checkDeviceName(device);
    merged.set(device, ebsMapping(device, one.Ebs ?? {}, merged.get(device)?.ebs, snapshot));
  }
  return [...merged.values()];
}

type EbsInput = Partial<NonNullable<BlockDeviceMappings[number]['Ebs']>>;

function ebsMapping(
  device: string,
  input: EbsInput,
  base: ImageMapping['ebs'],
  snapshot: (id: string) => SnapshotRecord,
): ImageMapping {
  const snapshotId = input.SnapshotId || base?.snapshotId;
  const source = input.SnapshotId ? snapshot(input.SnapshotId) : undefined;
  const least = source?.size ?? base?.size;
  const size = input.VolumeSize ?? least;
  if (size === undefined) throw missingParameter('size or snapshotId');
  if (least !== undefined && snapshotId !== undefined && size < least)
    throw new ApiError(
      'InvalidBlockDeviceMapping',
      `Volume of size ${size}GB is smaller than snapshot '${snapshotId}', expect size >= ${least}GB`,
    );
  const type = input.VolumeType || base?.type || 'gp2';
  const sameType = type === base?.type;
  const iops = input.Iops || (sameType ? base?.iops : undefined);
  const throughput = input.Throughput || (sameType ? base?.throughput : undefined);
  checkVolume({ size, type, iops, throughput });
  const encrypted = input.Encrypted ?? (source?.encrypted || base?.encrypted || input.KmsKeyId !== undefined);
  if (input.Encrypted === false && (source?.encrypted || base?.encrypted))
    throw new ApiError(
      'InvalidParameterDependency',
      `The parameter Encrypted cannot be false for the encrypted snapshot '${snapshotId}'`,
    );
  const kmsKeyId = input.KmsKeyId || source?.kmsKeyId || base?.kmsKeyId;
  return {
    device,
    ebs: {
      ...(snapshotId !== undefined && { snapshotId }),
      size,
      type,
      ...(iops !== undefined && { iops }),
      ...(throughput !== undefined && { throughput }),
      deleteOnTermination: input.DeleteOnTermination ?? base?.deleteOnTermination ?? true,
      encrypted,
      ...(encrypted && kmsKeyId !== undefined && { kmsKeyId }),
    },
  };
}
