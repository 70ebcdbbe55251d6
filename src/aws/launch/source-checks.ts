import { KilnError } from '../../sdk/errors.ts';
import type { LaunchSettings } from './settings.ts';
import type { SourceImage } from './source-image.ts';

type Wanted = Pick<LaunchSettings['image'], 'ena_support' | 'sriov_support' | 'ami_virtualization_type'> & {
  readonly anyRootDevice?: boolean;
};

/** What the source image must be for the options to make sense. Throws KilnError. */
export function checkSource({ id, image: source }: SourceImage, image: Wanted): void {
  if (!image.anyRootDevice && source.RootDeviceType !== undefined && source.RootDeviceType !== 'ebs') {
    throw new KilnError(`source image ${id} has its root on ${source.RootDeviceType}, not on EBS`, {
      hint: 'choose an image with an EBS root device (filter root-device-type: ebs)',
      code: 'source-not-ebs',
    });
  }
  const virtualization = image.ami_virtualization_type || source.VirtualizationType || 'hvm';
  if ((image.ena_support === true || image.sriov_support) && virtualization !== 'hvm') {
    throw new KilnError(`enhanced networking needs an hvm image; ${id} is ${virtualization}`, {
      hint: 'leave ena_support and sriov_support out, or start from an hvm image',
      code: 'source-not-hvm',
    });
  }
}
