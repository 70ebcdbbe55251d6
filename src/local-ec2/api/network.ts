/** Actions on VPCs and subnets. */
import { isIPv4 } from 'node:net';
import { ApiError, invalidParameter } from '../protocol/errors.ts';
import { boolean, filters, integer, list, required, string, struct, tagSpecifications } from '../protocol/params.ts';
import type { Xml } from '../protocol/xml.ts';
import { partitionOf, zonesOf } from '../regions.ts';
import { newId } from '../store/ids.ts';
import type { SubnetRecord, VpcRecord } from '../store/model.ts';
import { defaultGroup } from '../world.ts';
import { type Action, action, type Call, DONE } from './action.ts';
import { matcher } from './filters.ts';
import { find, select } from './kinds.ts';
import { page } from './paging.ts';
import { tagSet, tagsFor } from './tagging.ts';

export function defaultVpcOf(call: Call): VpcRecord | undefined {
  return Object.values(call.state.vpcs).find(one => one.isDefault);
}

function vpcXml(call: Call, vpc: VpcRecord): Xml {
  return {
    vpcId: vpc.id,
    ownerId: call.world.accountId,
    state: 'available',
    cidrBlock: vpc.cidr,
    cidrBlockAssociationSet: [
      {
        cidrBlock: vpc.cidr,
        associationId: vpc.id.replace('vpc-', 'vpc-cidr-assoc-'),
        cidrBlockState: { state: 'associated' },
      },
    ],
    dhcpOptionsId: 'default',
    instanceTenancy: 'default',
    isDefault: vpc.isDefault,
    tagSet: tagSet(vpc.tags),
  };
}

const describeVpcs = action(
  { VpcId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const byFilter = matcher<VpcRecord>(input.Filter, {
      cidr: one => one.cidr,
      'cidr-block-association.cidr-block': one => one.cidr,
      'dhcp-options-id': () => 'default',
      'is-default': one => one.isDefault,
      isDefault: one => one.isDefault,
      'owner-id': () => call.world.accountId,
      state: () => 'available',
      'vpc-id': one => one.id,
    });
    const { items, nextToken } = page(select(call, 'vpcs', input.VpcId, byFilter), input, {
      byId: input.VpcId.length > 0,
    });
    return { vpcSet: items.map(one => vpcXml(call, one)), nextToken };
  },
);

/** Addresses left in a subnet: EC2 keeps five of each for itself. */
function freeAddresses(call: Call, subnet: SubnetRecord): number {
  const bits = Number(subnet.cidr.split('/')[1] ?? 20);
  const used = Object.values(call.state.instances).filter(
    one => one.subnetId === subnet.id && one.state !== 'terminated',
  ).length;
  return 2 ** (32 - bits) - 5 - used;
}

function zoneIdOf(call: Call, zone: string): string | undefined {
  return zonesOf(call.region).find(one => one.name === zone)?.id;
}

function arnOfSubnet(call: Call, id: string): string {
  return `arn:${partitionOf(call.region)}:ec2:${call.region}:${call.world.accountId}:subnet/${id}`;
}

function subnetXml(call: Call, subnet: SubnetRecord): Xml {
  return {
    subnetId: subnet.id,
    subnetArn: arnOfSubnet(call, subnet.id),
    state: 'available',
    ownerId: call.world.accountId,
    vpcId: subnet.vpcId,
    cidrBlock: subnet.cidr,
    ipv6CidrBlockAssociationSet: [],
    availableIpAddressCount: freeAddresses(call, subnet),
    availabilityZone: subnet.zone,
    availabilityZoneId: zoneIdOf(call, subnet.zone),
    defaultForAz: subnet.defaultForZone,
    mapPublicIpOnLaunch: subnet.mapPublicIp,
    assignIpv6AddressOnCreation: false,
    tagSet: tagSet(subnet.tags),
  };
}

const describeSubnets = action(
  { SubnetId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const zone = (one: SubnetRecord): string => one.zone;
    const byFilter = matcher<SubnetRecord>(input.Filter, {
      'availability-zone': zone,
      availabilityZone: zone,
      'availability-zone-id': one => zoneIdOf(call, one.zone),
      availabilityZoneId: one => zoneIdOf(call, one.zone),
      'available-ip-address-count': one => freeAddresses(call, one),
      'cidr-block': one => one.cidr,
      cidr: one => one.cidr,
      cidrBlock: one => one.cidr,
      'default-for-az': one => one.defaultForZone,
      defaultForAz: one => one.defaultForZone,
      'map-public-ip-on-launch': one => one.mapPublicIp,
      'owner-id': () => call.world.accountId,
      state: () => 'available',
      'subnet-arn': one => arnOfSubnet(call, one.id),
      'subnet-id': one => one.id,
      'vpc-id': one => one.vpcId,
    });
    const found = select(call, 'subnets', input.SubnetId, byFilter);
    const { items, nextToken } = page(found, input, { byId: input.SubnetId.length > 0 });
    return { subnetSet: items.map(one => subnetXml(call, one)), nextToken };
  },
);

function checkCidr(text: string): string {
  const [address = '', bits = ''] = text.split('/');
  if (!isIPv4(address) || !/^\d+$/.test(bits))
    throw invalidParameter(`Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
  if (Number(bits) < 16 || Number(bits) > 28) throw new ApiError('InvalidVpc.Range', `The CIDR '${text}' is invalid.`);
  return text;
}

const createVpc = action(
  {
    CidrBlock: required(string),
    InstanceTenancy: string,
    AmazonProvidedIpv6CidrBlock: boolean,
    TagSpecification: tagSpecifications,
  },
  (call, input) => {
    const tags = tagsFor(input.TagSpecification, 'vpc');
    const vpc: VpcRecord = {
      id: newId('vpc'),
      tags,
      createdAt: call.world.now(),
      cidr: checkCidr(input.CidrBlock),
      isDefault: false,
    };
    call.state.vpcs[vpc.id] = vpc;
    const groupId = newId('sg');
    call.state.securityGroups[groupId] = defaultGroup(groupId, vpc.id, call.world.accountId, call.world.now());
    call.world.touch();
    return { vpc: vpcXml(call, vpc) };
  },
);

const deleteVpc = action({ VpcId: required(string) }, (call, input) => {
  const vpc = find(call, 'vpcs', input.VpcId);
  const groups = Object.values(call.state.securityGroups).filter(one => one.vpcId === vpc.id);
  const busy =
    Object.values(call.state.subnets).some(one => one.vpcId === vpc.id) || groups.some(one => one.name !== 'default');
  if (busy) throw new ApiError('DependencyViolation', `The vpc '${vpc.id}' has dependencies and cannot be deleted.`);
  for (const group of groups) delete call.state.securityGroups[group.id];
  delete call.state.vpcs[vpc.id];
  call.world.touch();
  return DONE;
});

const createSubnet = action(
  {
    VpcId: required(string),
    CidrBlock: required(string),
    AvailabilityZone: string,
    AvailabilityZoneId: string,
    TagSpecification: tagSpecifications,
  },
  (call, input) => {
    const tags = tagsFor(input.TagSpecification, 'subnet');
    const vpc = find(call, 'vpcs', input.VpcId);
    const zones = zonesOf(call.region);
    const wanted = input.AvailabilityZone ?? input.AvailabilityZoneId;
    const zone = wanted === undefined ? zones[0] : zones.find(one => one.name === wanted || one.id === wanted);
    if (!zone)
      throw invalidParameter(
        `Value (${wanted}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.map(one => one.name).join(', ')}.`,
      );
    const cidr = checkCidr(input.CidrBlock);
    if (Object.values(call.state.subnets).some(one => one.vpcId === vpc.id && one.cidr === cidr))
      throw new ApiError('InvalidSubnet.Conflict', `The CIDR '${cidr}' conflicts with another subnet`);
    const subnet: SubnetRecord = {
      id: newId('subnet'),
      tags,
      createdAt: call.world.now(),
      vpcId: vpc.id,
      cidr,
      zone: zone.name,
      defaultForZone: false,
      mapPublicIp: false,
    };
    call.state.subnets[subnet.id] = subnet;
    call.world.touch();
    return { subnet: subnetXml(call, subnet) };
  },
);

const deleteSubnet = action({ SubnetId: required(string) }, (call, input) => {
  const subnet = find(call, 'subnets', input.SubnetId);
  if (Object.values(call.state.instances).some(one => one.subnetId === subnet.id && one.state !== 'terminated'))
    throw new ApiError('DependencyViolation', `The subnet '${subnet.id}' has dependencies and cannot be deleted.`);
  delete call.state.subnets[subnet.id];
  call.world.touch();
  return DONE;
});

const modifySubnetAttribute = action(
  { SubnetId: required(string), MapPublicIpOnLaunch: struct({ Value: boolean }) },
  (call, input) => {
    const subnet = find(call, 'subnets', input.SubnetId);
    if (input.MapPublicIpOnLaunch?.Value !== undefined) subnet.mapPublicIp = input.MapPublicIpOnLaunch.Value;
    call.world.touch();
    return DONE;
  },
);

export const networkActions: Readonly<Record<string, Action>> = {
  DescribeVpcs: describeVpcs,
  CreateVpc: createVpc,
  DeleteVpc: deleteVpc,
  DescribeSubnets: describeSubnets,
  CreateSubnet: createSubnet,
  DeleteSubnet: deleteSubnet,
  ModifySubnetAttribute: modifySubnetAttribute,
};
