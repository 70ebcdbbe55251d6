import { KilnError } from '../../sdk/errors.ts';
import type { Ec2 } from '../client/index.ts';
import type { Image } from '../types.ts';

/**
 * Throws KilnError when an image that is to be replaced is protected from deregistration: somebody did that on purpose,
 * and it is not for a template to lift it.
 */
export function checkUnprotected(image: Image, { region }: Ec2): void {
  const { ImageId, Name } = image;
  if (!image.DeregistrationProtection?.startsWith('enabled')) return;
  throw new KilnError(`AMI ${ImageId} "${Name}" in ${region} cannot be replaced: it is protected from deregistration`, {
    hint: `choose another ami_name, or lift it: aws ec2 disable-image-deregistration-protection --region ${region} --image-id ${ImageId}`,
    code: 'ami-protected',
  });
}
