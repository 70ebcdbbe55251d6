import { instanceType } from '../../instance-types.ts';
import { hostnameOf } from '../../machine-spec.ts';
import type { Xml } from '../../protocol/xml.ts';
import { zonesOf } from '../../regions.ts';
import type { InstanceRecord, InstanceState } from '../../store/model.ts';
import type { Call } from '../action.ts';
import { type FilterTable, isoTime } from '../filters.ts';
import { peek } from '../kinds.ts';
import { tagSet } from '../tagging.ts';

/** EC2's numbers of the instance states. */
const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateXml(state: InstanceState): Xml {
  return { code: STATE_CODES[state], name: state };
}

function groupSet(call: Call, instance: InstanceRecord): Xml {
  return instance.groupIds.map(groupId => ({
    groupId,
    groupName: peek(call, 'securityGroups', groupId)?.name ?? groupId,
  }));
}

export function privateName(instance: InstanceRecord): string {
  return `${hostnameOf(instance.address)}.ec2.internal`;
}

/** The public address; an instance that is not up has none. */
export function publicAddressOf(instance: InstanceRecord): string | undefined {
  return instance.publicAddress && (instance.state === 'running' || instance.state === 'pending')
    ? instance.address
    : undefined;
}

function networkInterfaceXml(call: Call, instance: InstanceRecord): Xml {
  const publicIp = publicAddressOf(instance);
  const association = publicIp === undefined ? undefined : { publicIp, publicDnsName: publicIp, ipOwnerId: 'amazon' };
  return {
    networkInterfaceId: instance.eniId,
    subnetId: instance.subnetId,
    vpcId: instance.vpcId,
    description: instance.eniDescription ?? '',
    ownerId: call.world.accountId,
    status: 'in-use',
    macAddress: instance.mac,
    privateIpAddress: instance.address,
    privateDnsName: privateName(instance),
    sourceDestCheck: instance.sourceDestCheck,
    groupSet: groupSet(call, instance),
    attachment: {
      attachmentId: instance.eniId.replace('eni-', 'eni-attach-'),
      deviceIndex: 0,
      networkCardIndex: 0,
      status: 'attached',
      attachTime: new Date(instance.launchedAt),
      deleteOnTermination: true,
    },
    association,
    privateIpAddressesSet: [
      { privateIpAddress: instance.address, privateDnsName: privateName(instance), primary: true, association },
    ],
    ipv6AddressesSet: [],
    interfaceType: 'interface',
  };
}

/** An instance as DescribeInstances shows it. Its DNS names are its addresses: loopback has no names to resolve. */
export function instanceXml(call: Call, instance: InstanceRecord): Xml {
  const gone = instance.state === 'terminated';
  const publicIp = publicAddressOf(instance);
  const reservation = instance.capacityReservation;
  const vcpus = instanceType(instance.type)?.vcpus ?? 1;
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: stateXml(instance.state),
    privateDnsName: gone ? '' : privateName(instance),
    dnsName: publicIp ?? '',
    reason: instance.transitionReason,
    keyName: instance.keyName,
    amiLaunchIndex: instance.launchIndex,
    productCodes: instance.productCodes.map(productCode => ({ productCode, type: 'marketplace' })),
    instanceType: instance.type,
    launchTime: new Date(instance.launchedAt),
    placement: {
      availabilityZone: instance.zone,
      availabilityZoneId: zonesOf(call.region).find(one => one.name === instance.zone)?.id,
      groupName: instance.groupName ?? '',
      tenancy: instance.tenancy,
      hostId: instance.hostId,
      hostResourceGroupArn: instance.hostResourceGroupArn,
    },
    platform: instance.platform,
    platformDetails: instance.platform === 'windows' ? 'Windows' : 'Linux/UNIX',
    usageOperation: instance.platform === 'windows' ? 'RunInstances:0002' : 'RunInstances',
    monitoring: { state: instance.monitoring ? 'enabled' : 'disabled' },
    subnetId: gone ? undefined : instance.subnetId,
    vpcId: gone ? undefined : instance.vpcId,
    privateIpAddress: gone ? undefined : instance.address,
    ipAddress: publicIp,
    sourceDestCheck: instance.sourceDestCheck,
    groupSet: gone ? [] : groupSet(call, instance),
    stateReason: instance.stateReason && { ...instance.stateReason },
    architecture: instance.architecture,
    rootDeviceType: 'ebs',
    rootDeviceName: instance.rootDeviceName,
    blockDeviceMapping: instance.disks.map(disk => ({
      deviceName: disk.device,
      ebs: {
        volumeId: disk.volumeId,
        status: peek(call, 'volumes', disk.volumeId)?.attachment?.status ?? 'attached',
        attachTime: new Date(disk.attachedAt),
        deleteOnTermination: disk.deleteOnTermination,
      },
    })),
    virtualizationType: 'hvm',
    instanceLifecycle: instance.spot ? 'spot' : undefined,
    spotInstanceRequestId: instance.spot?.requestId,
    clientToken: instance.clientToken ?? '',
    tagSet: tagSet(instance.tags),
    hypervisor: 'xen',
    networkInterfaceSet: gone ? [] : [networkInterfaceXml(call, instance)],
    iamInstanceProfile: instance.profile && { ...instance.profile },
    ebsOptimized: instance.ebsOptimized,
    enaSupport: instance.enaSupport,
    sriovNetSupport: instance.sriovNetSupport,
    cpuOptions: { coreCount: Math.max(1, vcpus / 2), threadsPerCore: vcpus > 1 ? 2 : 1 },
    capacityReservationId: reservation?.id,
    capacityReservationSpecification: {
      capacityReservationPreference: reservation ? reservation.preference : 'open',
      capacityReservationTarget:
        reservation?.id === undefined && reservation?.groupArn === undefined
          ? undefined
          : { capacityReservationId: reservation.id, capacityReservationResourceGroupArn: reservation.groupArn },
    },
    hibernationOptions: { configured: instance.hibernation },
    licenseSet: instance.licenses.map(licenseConfigurationArn => ({ licenseConfigurationArn })),
    metadataOptions: { state: 'applied', ...instance.metadata },
    enclaveOptions: { enabled: instance.enclave },
    bootMode: instance.bootMode,
    currentInstanceBootMode: instance.bootMode === 'uefi' ? 'uefi' : 'legacy-bios',
    tpmSupport: instance.tpmSupport,
    maintenanceOptions: { autoRecovery: 'default' },
    privateDnsNameOptions: {
      hostnameType: 'ip-name',
      enableResourceNameDnsARecord: false,
      enableResourceNameDnsAAAARecord: false,
    },
  };
}

export const INSTANCE_FILTERS = (call: Call): FilterTable<InstanceRecord> => ({
  architecture: one => one.architecture,
  'availability-zone': one => one.zone,
  'block-device-mapping.attach-time': one => one.disks.map(disk => isoTime(disk.attachedAt)),
  'block-device-mapping.delete-on-termination': one => one.disks.map(disk => String(disk.deleteOnTermination)),
  'block-device-mapping.device-name': one => one.disks.map(disk => disk.device),
  'block-device-mapping.volume-id': one => one.disks.map(disk => disk.volumeId),
  'client-token': one => one.clientToken,
  'dns-name': publicAddressOf,
  'group-id': one => one.groupIds,
  'group-name': one => one.groupIds.map(id => peek(call, 'securityGroups', id)?.name),
  'iam-instance-profile.arn': one => one.profile?.arn,
  'iam-instance-profile.id': one => one.profile?.id,
  'image-id': one => one.imageId,
  'instance-id': one => one.id,
  'instance-lifecycle': one => (one.spot ? 'spot' : undefined),
  'instance-state-code': one => STATE_CODES[one.state],
  'instance-state-name': one => one.state,
  'instance-type': one => one.type,
  'instance.group-id': one => one.groupIds,
  'instance.group-name': one => one.groupIds.map(id => peek(call, 'securityGroups', id)?.name),
  'ip-address': publicAddressOf,
  'key-name': one => one.keyName,
  'launch-index': one => one.launchIndex,
  'launch-time': one => isoTime(one.launchedAt),
  'monitoring-state': one => (one.monitoring ? 'enabled' : 'disabled'),
  'network-interface.network-interface-id': one => one.eniId,
  'network-interface.subnet-id': one => one.subnetId,
  'network-interface.vpc-id': one => one.vpcId,
  'owner-id': () => call.world.accountId,
  'placement-group-name': one => one.groupName,
  platform: one => one.platform,
  'private-dns-name': privateName,
  'private-ip-address': one => one.address,
  reason: one => one.transitionReason,
  'reservation-id': one => one.reservationId,
  'root-device-name': one => one.rootDeviceName,
  'root-device-type': () => 'ebs',
  'source-dest-check': one => one.sourceDestCheck,
  'spot-instance-request-id': one => one.spot?.requestId,
  'state-reason-code': one => one.stateReason?.code,
  'state-reason-message': one => one.stateReason?.message,
  'subnet-id': one => one.subnetId,
  tenancy: one => one.tenancy,
  'virtualization-type': () => 'hvm',
  'vpc-id': one => one.vpcId,
  'metadata-options.http-tokens': one => one.metadata.httpTokens,
  'metadata-options.http-endpoint': one => one.metadata.httpEndpoint,
});
