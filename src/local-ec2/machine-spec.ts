import { KilnError } from '../sdk/errors.ts';
import type { DiskSpec, MachineSpec } from './machines/contract.ts';
import type { InstanceRecord, VolumeRecord } from './store/model.ts';
import type { World } from './world.ts';

/** Tag on an instance whose SSH does not listen on port 22. */
export const SSH_PORT_TAG = 'kiln:ssh-port';

/** What the machines' side needs to know to start an instance. Throws when its root volume is gone. */
export function machineSpec(world: World, region: string, instance: InstanceRecord): MachineSpec {
  const state = world.region(region);
  const rootDisk = instance.disks.find(disk => disk.device === instance.rootDeviceName);
  const root = rootDisk && state.volumes[rootDisk.volumeId];
  if (!root) throw new KilnError(`instance ${instance.id} has no root volume at ${instance.rootDeviceName}`);
  const disks: DiskSpec[] = [];
  for (const disk of instance.disks) {
    const volume = state.volumes[disk.volumeId];
    if (!volume || volume.id === root.id) continue;
    disks.push(diskSpec(volume, disk.device));
  }
  return {
    instanceId: instance.id,
    layers: root.content.layers ?? [],
    rootVolumeId: root.id,
    address: instance.address,
    hostname: hostnameOf(instance.address),
    ...(instance.userData !== undefined && { userData: Buffer.from(instance.userData, 'base64') }),
    authorizedKeys: instance.publicKey === undefined ? [] : [`${instance.publicKey} ${instance.keyName ?? ''}`.trim()],
    loginUser: instance.loginUser,
    firstBoot: !root.booted,
    disks,
    metadata: metadataOf(world, region, instance),
  };
}

/** A volume as a machine gets it. */
export function diskSpec(volume: VolumeRecord, device: string): DiskSpec {
  const { imageFile } = volume.content;
  return { volumeId: volume.id, device, sizeGiB: volume.size, ...(imageFile !== undefined && { imageFile }) };
}

/** e.g. `ip-127-20-3-4`. */
export function hostnameOf(address: string): string {
  return `ip-${address.replaceAll('.', '-')}`;
}

/** By path below `/latest/meta-data/`, as the instance metadata service has it. */
function metadataOf(world: World, region: string, instance: InstanceRecord): Record<string, string> {
  const state = world.region(region);
  const groups = instance.groupIds.map(id => state.securityGroups[id]?.name ?? id);
  const values: Record<string, string> = {
    'ami-id': instance.imageId,
    'ami-launch-index': String(instance.launchIndex),
    hostname: `${hostnameOf(instance.address)}.ec2.internal`,
    'instance-action': 'none',
    'instance-id': instance.id,
    'instance-life-cycle': instance.spot ? 'spot' : 'on-demand',
    'instance-type': instance.type,
    'local-hostname': `${hostnameOf(instance.address)}.ec2.internal`,
    'local-ipv4': instance.address,
    mac: instance.mac,
    'placement/availability-zone': instance.zone,
    'placement/region': region,
    'public-ipv4': instance.address,
    'reservation-id': instance.reservationId,
    'security-groups': groups.join('\n'),
    'services/domain': 'amazonaws.com',
  };
  if (instance.publicKey !== undefined)
    values['public-keys/0/openssh-key'] = `${instance.publicKey} ${instance.keyName ?? ''}`.trim();
  if (instance.metadata.instanceMetadataTags === 'enabled')
    for (const [key, value] of Object.entries(instance.tags)) values[`tags/instance/${key}`] = value;
  return values;
}
