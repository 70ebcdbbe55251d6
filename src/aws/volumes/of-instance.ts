import { KilnError } from '../../sdk/errors.ts';
import { instanceNow } from '../instance-now.ts';
import type { Ec2Machine } from '../machine.ts';

/** The instance's EBS volumes by device name, as EC2 lists them now. */
export async function volumesOf(
  { ec2, instanceId }: Pick<Ec2Machine, 'ec2' | 'instanceId'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { BlockDeviceMappings: mappings = [] } = await instanceNow(ec2, instanceId, signal);
  return new Map(
    mappings.flatMap(({ DeviceName, Ebs }) =>
      DeviceName && Ebs?.VolumeId ? [[DeviceName, Ebs.VolumeId] as const] : [],
    ),
  );
}

/** The volume at a device of the instance. Throws KilnError when there is none. */
export function volumeAt(volumes: ReadonlyMap<string, string>, device: string, instance: string): string {
  const volume = volumes.get(device);
  if (volume) return volume;
  throw new KilnError(`instance ${instance} has no EBS volume at ${device}`, {
    hint: `it has ${[...volumes.keys()].join(', ') || 'none at all'}; instance stores (virtual_name) and no_device are no volumes`,
    code: 'no-volume',
  });
}
