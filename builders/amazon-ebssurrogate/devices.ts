import { blockDeviceMappings } from '../../src/aws/launch/block-devices.ts';
import type { BlockDevice } from '../../src/aws/options/index.ts';
import type { BlockDeviceMapping } from '../../src/aws/types.ts';
import type { SurrogateOptions } from './schema.ts';

/** Launch devices whose volumes go into the image. */
export function imageDevices(options: SurrogateOptions): BlockDevice[] {
  return (options.launch_block_device_mappings ?? []).filter(
    device => !device.omit_from_artifact && !device.no_device && !device.virtual_name,
  );
}

/**
 * The image's mappings: the template's own, over them the launch devices with their snapshots (when there are any
 * yet), the surrogate under the name of the root. What a volume is encrypted with belongs to its snapshot.
 */
export function imageMappings(
  options: SurrogateOptions,
  own: readonly BlockDevice[],
  snapshots: ReadonlyMap<string, string> | undefined,
): BlockDeviceMapping[] {
  const mappings = new Map(blockDeviceMappings(own).map(one => [one.DeviceName, one]));
  const root = options.ami_root_device;
  const devices = imageDevices(options);
  for (const [index, mapping] of blockDeviceMappings(devices).entries()) {
    const { Encrypted: _, KmsKeyId: __, SnapshotId: ___, ...ebs } = mapping.Ebs ?? {};
    const snapshot = snapshots?.get(mapping.DeviceName ?? '');
    const DeviceName = mapping.DeviceName === root.source_device_name ? root.device_name : mapping.DeviceName;
    // A root volume that nobody said to keep goes with its instance, as with any image.
    const last = devices[index]?.delete_on_termination ?? mapping.DeviceName === root.source_device_name;
    mappings.set(DeviceName, {
      DeviceName,
      Ebs: { ...ebs, DeleteOnTermination: last, ...(snapshot && { SnapshotId: snapshot }) },
    });
  }
  return [...mappings.values()];
}
