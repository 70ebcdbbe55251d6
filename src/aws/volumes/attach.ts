import type { Ec2 } from '../client/index.ts';
import { isKind } from '../policy/aws-error.ts';
import { waitForVolume } from '../waits.ts';

/** Attaches a volume to an instance and waits until it is attached. Throws an AwsError or KilnError. */
export async function attachVolume(
  ec2: Ec2,
  volume: string,
  to: { readonly instance: string; readonly device: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await ec2.attachVolume({ VolumeId: volume, InstanceId: to.instance, Device: to.device }, signal, {
      notYet: error => isKind(error, 'not-found'),
    });
  } catch (error) {
    // In use by that very instance: an earlier try, whose answer was lost, has attached it.
    if (!isKind(error, 'busy') || (await holderOf(ec2, volume, signal)) !== to.instance) throw error;
  }
  await waitForVolume(ec2, volume, 'in-use', signal);
}

/** Detaches a volume and waits until it is free. One that is attached to nothing is free already. */
export async function detachVolume(ec2: Ec2, volume: string, signal: AbortSignal): Promise<void> {
  try {
    await ec2.detachVolume({ VolumeId: volume }, signal);
  } catch (error) {
    if (!isKind(error, 'busy') || (await holderOf(ec2, volume, signal)) !== undefined) throw error;
  }
  await waitForVolume(ec2, volume, 'available', signal);
}

async function holderOf(ec2: Ec2, volume: string, signal: AbortSignal): Promise<string | undefined> {
  const { Volumes = [] } = await ec2.describeVolumes({ VolumeIds: [volume] }, signal);
  return Volumes[0]?.Attachments?.[0]?.InstanceId;
}
