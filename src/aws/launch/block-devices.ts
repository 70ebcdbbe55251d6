import type { BlockDevice } from '../options/index.ts';
import type { BlockDeviceMapping, Image } from '../types.ts';

/** Volume types whose iops are sent. */
const PROVISIONED: ReadonlySet<string> = new Set(['io1', 'io2', 'gp3']);

/** EC2's form of the mappings (reference: common.json, rules.block-device). */
export function blockDeviceMappings(devices: readonly BlockDevice[]): BlockDeviceMapping[] {
  return devices.map(device => {
    const DeviceName = device.device_name;
    if (device.no_device) return { DeviceName, NoDevice: '' };
    if (device.virtual_name) {
      return device.virtual_name.startsWith('ephemeral')
        ? { DeviceName, VirtualName: device.virtual_name }
        : { DeviceName };
    }
    return { DeviceName, Ebs: ebs(device) };
  });
}

function ebs(device: BlockDevice): NonNullable<BlockDeviceMapping['Ebs']> {
  const type = device.volume_type ?? '';
  return {
    DeleteOnTermination: device.delete_on_termination ?? false,
    ...(type && { VolumeType: type as NonNullable<NonNullable<BlockDeviceMapping['Ebs']>['VolumeType']> }),
    ...(device.volume_size && { VolumeSize: device.volume_size }),
    ...(device.iops && PROVISIONED.has(type) && { Iops: device.iops }),
    ...(device.throughput && type === 'gp3' && { Throughput: device.throughput }),
    ...(device.snapshot_id && { SnapshotId: device.snapshot_id }),
    ...(device.encrypted !== undefined && { Encrypted: device.encrypted }),
    ...(device.kms_key_id && { KmsKeyId: device.kms_key_id }),
  };
}

/** Mappings that keep Windows from showing ephemeral drives: xvdca to xvdcz, all empty. */
export function noEphemeralMappings(): BlockDeviceMapping[] {
  return [...'abcdefghijklmnopqrstuvwxyz'].map(letter => ({ DeviceName: `xvdc${letter}`, NoDevice: '' }));
}

/**
 * Devices whose volumes would outlive the instance although nobody asked for that: removed after it. Only what a
 * mapping of the template keeps explicitly (delete_on_termination false) stays.
 */
export function leftoverDevices(image: Image, devices: readonly BlockDevice[]): string[] {
  const chosen = new Set(devices.map(device => device.device_name));
  const ofImage = (image.BlockDeviceMappings ?? []).flatMap(mapping =>
    mapping.Ebs && mapping.Ebs.DeleteOnTermination === false && mapping.DeviceName && !chosen.has(mapping.DeviceName)
      ? [mapping.DeviceName]
      : [],
  );
  const ofTemplate = volumesOf(devices).filter(device => device.delete_on_termination === undefined);
  return [...ofImage, ...ofTemplate.flatMap(device => device.device_name ?? [])];
}

/** Devices whose volumes the template keeps beyond the build. */
export function keptDevices(devices: readonly BlockDevice[]): string[] {
  return volumesOf(devices).flatMap(device =>
    device.delete_on_termination === false ? (device.device_name ?? []) : [],
  );
}

function volumesOf(devices: readonly BlockDevice[]): BlockDevice[] {
  return devices.filter(device => !device.no_device && !device.virtual_name);
}
