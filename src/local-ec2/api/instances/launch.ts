import { randomInt } from 'node:crypto';
import { allocateAddress } from '../../address.ts';
import { newId } from '../../store/ids.ts';
import type { InstanceRecord, SpotRequestRecord } from '../../store/model.ts';
import type { Call } from '../action.ts';
import { newVolume } from '../volumes/make.ts';
import type { LaunchPlan } from './plan.ts';

interface LaunchIdentity {
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly clientToken: string | undefined;
  readonly fleetId?: string;
}

/** Makes the instance of a plan, with its volumes, and starts it. */
export function launchInstance(call: Call, plan: LaunchPlan, identity: LaunchIdentity): InstanceRecord {
  const { input, image, network, type } = plan;
  const now = call.world.now();
  const id = newId('i');
  const reservation = input.CapacityReservationSpecification;
  const instance: InstanceRecord = {
    id,
    tags: { ...plan.tags.instance },
    createdAt: now,
    state: 'pending',
    transitionReason: '',
    imageId: image.id,
    ...(image.platform !== undefined && { platform: image.platform }),
    architecture: image.architecture,
    loginUser: image.loginUser,
    ...(image.bootMode !== undefined && { bootMode: image.bootMode }),
    ...(image.tpmSupport !== undefined && { tpmSupport: image.tpmSupport }),
    productCodes: [...image.productCodes],
    type: type.name,
    zone: network.subnet.zone,
    subnetId: network.subnet.id,
    vpcId: network.subnet.vpcId,
    groupIds: [...network.groupIds],
    ...(plan.key && { keyName: plan.key.name, publicKey: plan.key.publicKey }),
    address: allocateAddress(call.world, call.region, network.subnet),
    publicAddress: network.publicAddress,
    mac: `02:${Array.from({ length: 5 }, () => randomInt(256).toString(16).padStart(2, '0')).join(':')}`,
    reservationId: identity.reservationId,
    launchIndex: identity.launchIndex,
    launchedAt: now,
    ...(identity.clientToken && { clientToken: identity.clientToken }),
    ...(plan.userData !== undefined && { userData: plan.userData }),
    shutdownBehavior: input.InstanceInitiatedShutdownBehavior ?? 'stop',
    rootDeviceName: image.rootDeviceName,
    disks: [],
    ...(plan.profile && { profile: { ...plan.profile } }),
    eniId: newId('eni'),
    ...(network.description !== undefined && { eniDescription: network.description }),
    eniTags: { ...plan.tags['network-interface'] },
    ...(identity.fleetId !== undefined && { fleetId: identity.fleetId }),
    ebsOptimized: input.EbsOptimized ?? false,
    enaSupport: image.enaSupport,
    ...(image.sriovNetSupport !== undefined && { sriovNetSupport: image.sriovNetSupport }),
    disableApiTermination: input.DisableApiTermination ?? false,
    disableApiStop: input.DisableApiStop ?? false,
    sourceDestCheck: true,
    monitoring: input.Monitoring?.Enabled ?? false,
    enclave: input.EnclaveOptions?.Enabled ?? false,
    hibernation: input.HibernationOptions?.Configured ?? false,
    ...(type.burstable && {
      cpuCredits: input.CreditSpecification?.CpuCredits ?? (/^t[12]$/.test(type.family) ? 'standard' : 'unlimited'),
    }),
    metadata: { ...plan.metadata },
    tenancy: input.Placement?.Tenancy ?? (input.Placement?.HostId ? 'host' : 'default'),
    ...(input.Placement?.HostId && { hostId: input.Placement.HostId }),
    ...(input.Placement?.HostResourceGroupArn && { hostResourceGroupArn: input.Placement.HostResourceGroupArn }),
    ...(input.Placement?.GroupName && { groupName: input.Placement.GroupName }),
    licenses: input.LicenseSpecification.map(one => one.LicenseConfigurationArn),
    ...(reservation && {
      capacityReservation: {
        ...(reservation.CapacityReservationPreference && { preference: reservation.CapacityReservationPreference }),
        ...(reservation.CapacityReservationTarget?.CapacityReservationId && {
          id: reservation.CapacityReservationTarget.CapacityReservationId,
        }),
        ...(reservation.CapacityReservationTarget?.CapacityReservationResourceGroupArn && {
          groupArn: reservation.CapacityReservationTarget.CapacityReservationResourceGroupArn,
        }),
      },
    }),
    hostKeys: [],
  };
  addVolumes(call, plan, instance);
  if (plan.spot) instance.spot = { requestId: addSpotRequest(call, plan, instance).id };
  image.lastLaunchedAt = now;
  call.state.instances[id] = instance;
  call.world.touch();
  call.runtime.launch(call.region, instance);
  return instance;
}

function addVolumes(call: Call, plan: LaunchPlan, instance: InstanceRecord): void {
  const now = call.world.now();
  for (const { device, ebs } of plan.mappings) {
    if (!ebs) continue;
    const isRoot = device === instance.rootDeviceName;
    const volume = newVolume(call, ebs, instance.zone, isRoot && plan.image.standIn);
    volume.state = 'in-use';
    volume.tags = { ...plan.tags.volume };
    volume.attachment = { instanceId: instance.id, device, status: 'attached', at: now };
    call.state.volumes[volume.id] = volume;
    instance.disks.push({ device, volumeId: volume.id, deleteOnTermination: ebs.deleteOnTermination, attachedAt: now });
  }
}

function addSpotRequest(call: Call, plan: LaunchPlan, instance: InstanceRecord): SpotRequestRecord {
  const request: SpotRequestRecord = {
    id: newId('sir').slice(0, 12),
    tags: { ...plan.tags['spot-instances-request'] },
    createdAt: call.world.now(),
    state: 'active',
    status: { code: 'fulfilled', message: 'Your spot request is fulfilled.' },
    instanceId: instance.id,
    instanceType: instance.type,
    imageId: instance.imageId,
    zone: instance.zone,
    price: plan.input.InstanceMarketOptions?.SpotOptions?.MaxPrice ?? '0.100000',
  };
  call.state.spotRequests[request.id] = request;
  return request;
}
