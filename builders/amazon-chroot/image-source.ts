import { registerImage } from '../../src/aws/image/register.ts';
import { registeredMappings, registration } from '../../src/aws/image/registration.ts';
import type { ImageSource } from '../../src/aws/image/source.ts';
import { blockDeviceMappings } from '../../src/aws/launch/block-devices.ts';
import type { BlockDeviceMapping } from '../../src/aws/types.ts';
import { completed, startSnapshot } from '../../src/aws/volumes/snapshot.ts';
import type { ChrootOptions } from './schema.ts';
import type { Base } from './source.ts';

/** Makes images of the volume: it is left and detached, a snapshot of it is made and registered. */
export function volumeSource(volume: string, base: Base, options: ChrootOptions): ImageSource {
  return {
    completeFirst: true,
    async prepare(making) {
      const { run, machine, plan } = making;
      await machine.stop(run.ui, run.signal);
      run.ui.say(`Creating a snapshot of volume ${volume}`);
      const snapshot = await startSnapshot(run, machine.aws, {
        volume,
        description: undefined,
        tags: { ...making.imageTags, ...making.snapshotTags },
        purpose: plan.name,
      });
      await completed(run, machine.ec2, snapshot);
      const rootDevice = options.root_device_name || base.image.image.RootDeviceName || '/dev/sda1';
      return (name, final) =>
        registerImage(
          making,
          { name, final, snapshots: [snapshot] },
          {
            ...likeSource(base, options),
            RootDeviceName: rootDevice,
            BlockDeviceMappings: mappings(base, options, rootDevice, snapshot.value),
            ...(options.boot_mode && { BootMode: options.boot_mode as 'uefi' }),
            ...(options.uefi_data && { UefiData: options.uefi_data }),
            ...(options.tpm_support && { TpmSupport: options.tpm_support as 'v2.0' }),
            ...(plan.options.ena_support !== undefined && { EnaSupport: plan.options.ena_support }),
            ...(plan.options.sriov_support && { SriovNetSupport: 'simple' }),
          },
        );
    },
  };
}

/** What the image takes over from its source: all but name and volumes; from scratch, what the options say. */
function likeSource(base: Base, options: ChrootOptions): ReturnType<typeof registration> {
  const virtualization = options.ami_virtualization_type;
  if (!base.root) {
    return registration({
      Architecture: (options.ami_architecture || 'x86_64') as 'x86_64',
      VirtualizationType: base.virtualization,
    });
  }
  const { image } = base.image;
  return registration(virtualization ? { ...image, VirtualizationType: virtualization as 'hvm' } : image);
}

/** The source's mappings or, in their place, the template's; the root one with the new snapshot. */
function mappings(base: Base, options: ChrootOptions, root: string, snapshot: string): BlockDeviceMapping[] {
  const own = options.ami_block_device_mappings ?? [];
  const all = own.length > 0 ? withoutKeys(blockDeviceMappings(own)) : registeredMappings(base.image.image);
  const others = all.filter(one => one.DeviceName !== root);
  const { Ebs = {} } = all.find(one => one.DeviceName === root) ?? {};
  const { Size, VolumeType, Iops } = base.volume;
  const { VolumeSize: wanted = 0, VolumeType: type, Iops: _, Throughput: __, ...rest } = Ebs;
  const chosen = options.root_volume_type ? VolumeType : (type ?? VolumeType);
  // Rates of one type are not for another.
  const rates = chosen === type ? { Iops: Ebs.Iops, Throughput: Ebs.Throughput } : { Iops };
  return [
    {
      DeviceName: root,
      Ebs: {
        DeleteOnTermination: true,
        ...rest,
        ...rates,
        ...(chosen && { VolumeType: chosen }),
        VolumeSize: Math.max(wanted, Size ?? 0),
        SnapshotId: snapshot,
      },
    },
    ...others,
  ];
}

/** Encryption belongs to the snapshots. */
function withoutKeys(all: readonly BlockDeviceMapping[]): BlockDeviceMapping[] {
  return all.map(mapping => {
    if (!mapping.Ebs) return mapping;
    const { Encrypted: _, KmsKeyId: __, ...ebs } = mapping.Ebs;
    return { ...mapping, Ebs: ebs };
  });
}
