import { KilnError } from '../../sdk/errors.ts';
import type { Ec2Machine } from '../machine.ts';

/** The instance's EBS volumes by device name, as EC2 lists them now. */
export async function volumesOf(
  { ec2, instanceId }: Pick<Ec2Machine, 'ec2' | 'instanceId'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { Reservations = [] } = await ec2.describeInstances({ InstanceIds: [instanceId] }, signal);
  const mappings = Reservations[0]?.Instances?.[0]?.BlockDeviceMappings ?? [];
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
