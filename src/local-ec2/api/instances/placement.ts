import { type InstanceType, isOffered } from '../../instance-types.ts';
import { ApiError, invalidCombination, invalidParameter } from '../../protocol/errors.ts';
import { zonesOf } from '../../regions.ts';
import type { SubnetRecord } from '../../store/model.ts';
import type { Call } from '../action.ts';
import { find } from '../kinds.ts';
import { defaultVpcOf } from '../network.ts';
import { groupsFor } from '../security-groups/index.ts';
import type { LaunchParameters } from './fields.ts';

/** Where an instance goes, and how it is reached. */
export interface NetworkPlan {
  readonly subnet: SubnetRecord;
  readonly groupIds: string[];
  readonly publicAddress: boolean;
  readonly description: string | undefined;
}

/** Finds subnet and groups for a launch. Throws as RunInstances does. */
export function planNetwork(call: Call, input: LaunchParameters, type: InstanceType): NetworkPlan {
  const [first, ...others] = input.NetworkInterface;
  if (first && input.SubnetId)
    throw invalidCombination(
      'Network interfaces and an instance-level subnet ID may not be specified on the same request',
    );
  if (first && (input.SecurityGroupId.length > 0 || input.SecurityGroup.length > 0))
    throw invalidCombination(
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    );
  if (first && (first.DeviceIndex ?? 0) !== 0)
    throw invalidParameter('The first network interface must have the device index 0');
  if (first?.NetworkInterfaceId)
    throw new ApiError(
      'InvalidNetworkInterfaceID.NotFound',
      `The networkInterface ID '${first.NetworkInterfaceId}' does not exist`,
    );
  if (others.length > 0)
    throw new ApiError('UnsupportedOperation', 'The embedded EC2 gives an instance one network interface only');

  const subnet = chooseSubnet(
    call,
    first?.SubnetId || input.SubnetId,
    input.Placement?.AvailabilityZone || undefined,
    type,
  );
  const ids = first ? first.SecurityGroupId : input.SecurityGroupId;
  return {
    subnet,
    groupIds: groupsFor(call, ids, input.SecurityGroup, subnet.vpcId),
    publicAddress: first?.AssociatePublicIpAddress ?? subnet.mapPublicIp,
    description: first?.Description,
  };
}

function chooseSubnet(call: Call, id: string | undefined, zone: string | undefined, type: InstanceType): SubnetRecord {
  if (zone !== undefined && !zonesOf(call.region).some(one => one.name === zone))
    throw invalidParameter(`Invalid availability zone: [${zone}]`);
  if (id) {
    const subnet = find(call, 'subnets', id);
    if (zone !== undefined && zone !== subnet.zone)
      throw invalidParameter(
        `The availability zone '${zone}' does not match the subnet's availability zone '${subnet.zone}'`,
      );
    checkOffered(call, type, subnet.zone);
    return subnet;
  }
  const vpc = defaultVpcOf(call);
  const subnets = Object.values(call.state.subnets).filter(one => one.vpcId === vpc?.id && one.defaultForZone);
  if (!vpc || subnets.length === 0)
    throw new ApiError(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    );
  if (zone !== undefined) checkOffered(call, type, zone);
  const subnet = subnets.find(one => (zone === undefined ? isOffered(type, one.zone) : one.zone === zone));
  if (!subnet) throw new ApiError('MissingInput', `No default subnet for availability zone: '${zone ?? ''}'.`);
  return subnet;
}

function checkOffered(call: Call, type: InstanceType, zone: string): void {
  if (isOffered(type, zone)) return;
  const others = zonesOf(call.region).flatMap(one => (isOffered(type, one.name) ? [one.name] : []));
  throw new ApiError(
    'Unsupported',
    `Your requested instance type (${type.name}) is not supported in your requested Availability Zone (${zone}). ` +
      `Please retry your request by not specifying an Availability Zone or choosing ${others.join(', ')}.`,
  );
}

export function noCapacity(call: Call, type: string, zone: string): ApiError {
  const others = zonesOf(call.region).flatMap(one => (one.name === zone ? [] : [one.name]));
  return new ApiError(
    'InsufficientInstanceCapacity',
    `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). ` +
      `Our system will be working on provisioning additional capacity. You can currently get ${type} capacity by not specifying ` +
      `an Availability Zone in your request or choosing ${others.join(', ')}.`,
  );
}
