import type { Ec2Service } from '../client/index.ts';
import type { BlockDeviceMapping, Image } from '../types.ts';

export type RegisterRequest = Parameters<Ec2Service['registerImage']>[0];

/** What RegisterImage must be told so that the new image is like this one, apart from name and volumes. */
export function registration(image: Image): Omit<RegisterRequest, 'Name'> {
  return {
    Architecture: image.Architecture ?? 'x86_64',
    VirtualizationType: image.VirtualizationType ?? 'hvm',
    ...(image.BootMode && { BootMode: image.BootMode }),
    ...(image.TpmSupport && { TpmSupport: image.TpmSupport }),
    ...(image.ImdsSupport && { ImdsSupport: image.ImdsSupport }),
    ...(image.EnaSupport !== undefined && { EnaSupport: image.EnaSupport }),
    ...(image.SriovNetSupport && { SriovNetSupport: image.SriovNetSupport }),
    ...(image.VirtualizationType === 'paravirtual' && {
      ...(image.KernelId && { KernelId: image.KernelId }),
      ...(image.RamdiskId && { RamdiskId: image.RamdiskId }),
    }),
  };
}

/** The volumes of a registered image in the form RegisterImage takes back: encryption belongs to the snapshots. */
export function registeredMappings(image: Image): BlockDeviceMapping[] {
  return (image.BlockDeviceMappings ?? []).map(mapping => {
    if (!mapping.Ebs) return mapping;
    const { Encrypted: _, KmsKeyId: __, ...ebs } = mapping.Ebs;
    return { ...(mapping.DeviceName && { DeviceName: mapping.DeviceName }), Ebs: ebs };
  });
}
