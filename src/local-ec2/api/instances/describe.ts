import { boolean, filters, integer, list, string } from '../../protocol/params.ts';
import type { InstanceRecord } from '../../store/model.ts';
import { action } from '../action.ts';
import { matcher } from '../filters.ts';
import { peek, select } from '../kinds.ts';
import { page } from '../paging.ts';
import { tagSet } from '../tagging.ts';
import { reservationHead } from './run.ts';
import { INSTANCE_FILTERS, instanceXml, privateName, publicAddressOf, stateXml } from './view.ts';

export const describeInstances = action(
  {
    InstanceId: list(string),
    Filter: filters,
    MaxResults: integer,
    NextToken: string,
    IncludeManagedResources: boolean,
  },
  (call, input) => {
    const found = select(call, 'instances', input.InstanceId, matcher(input.Filter, INSTANCE_FILTERS(call)));
    const { items, nextToken } = page(found, input, { byId: input.InstanceId.length > 0 });
    const reservations = new Map<string, InstanceRecord[]>();
    for (const one of items) reservations.set(one.reservationId, [...(reservations.get(one.reservationId) ?? []), one]);
    return {
      reservationSet: [...reservations.values()].map(instances => ({
        ...reservationHead(call, instances),
        instancesSet: instances.map(one => instanceXml(call, one)),
      })),
      nextToken,
    };
  },
);

export const describeInstanceStatus = action(
  {
    InstanceId: list(string),
    Filter: filters,
    IncludeAllInstances: boolean,
    IncludeManagedResources: boolean,
    MaxResults: integer,
    NextToken: string,
  },
  (call, input) => {
    const byFilter = matcher<InstanceRecord>(input.Filter, {
      'availability-zone': one => one.zone,
      'instance-state-code': one => INSTANCE_FILTERS(call)['instance-state-code']?.(one),
      'instance-state-name': one => one.state,
      'instance-status.status': one => (one.state === 'running' ? 'ok' : 'not-applicable'),
      'instance-status.reachability': one => (one.state === 'running' ? 'passed' : undefined),
      'system-status.status': one => (one.state === 'running' ? 'ok' : 'not-applicable'),
      'system-status.reachability': one => (one.state === 'running' ? 'passed' : undefined),
    });
    const found = select(
      call,
      'instances',
      input.InstanceId,
      one => (input.IncludeAllInstances === true || one.state === 'running') && byFilter(one),
    );
    const { items, nextToken } = page(found, input, { byId: input.InstanceId.length > 0 });
    return {
      instanceStatusSet: items.map(one => {
        const up = one.state === 'running';
        const status = {
          status: up ? 'ok' : 'not-applicable',
          details: up ? [{ name: 'reachability', status: 'passed' }] : [],
        };
        return {
          instanceId: one.id,
          availabilityZone: one.zone,
          instanceState: stateXml(one.state),
          systemStatus: status,
          instanceStatus: status,
        };
      }),
      nextToken,
    };
  },
);

/** The interfaces of live instances; there are no others. */
export const describeNetworkInterfaces = action(
  {
    NetworkInterfaceId: list(string),
    IncludeManagedResources: boolean,
    Filter: filters,
    MaxResults: integer,
    NextToken: string,
  },
  (call, input) => {
    const byFilter = matcher<InstanceRecord>(input.Filter, {
      'attachment.instance-id': one => one.id,
      'availability-zone': one => one.zone,
      'group-id': one => one.groupIds,
      'network-interface-id': one => one.eniId,
      'private-ip-address': one => one.address,
      status: () => 'in-use',
      'subnet-id': one => one.subnetId,
      'vpc-id': one => one.vpcId,
    });
    const wanted = new Set(input.NetworkInterfaceId);
    const found = Object.values(call.state.instances).filter(
      one => one.state !== 'terminated' && (wanted.size === 0 || wanted.has(one.eniId)) && byFilter(one),
    );
    const { items, nextToken } = page(found, input);
    return {
      networkInterfaceSet: items.map(one => ({
        networkInterfaceId: one.eniId,
        subnetId: one.subnetId,
        vpcId: one.vpcId,
        availabilityZone: one.zone,
        description: one.eniDescription ?? '',
        ownerId: call.world.accountId,
        requesterManaged: false,
        status: 'in-use',
        macAddress: one.mac,
        privateIpAddress: one.address,
        privateDnsName: privateName(one),
        sourceDestCheck: one.sourceDestCheck,
        groupSet: one.groupIds.map(groupId => ({
          groupId,
          groupName: peek(call, 'securityGroups', groupId)?.name ?? groupId,
        })),
        attachment: { instanceId: one.id, deviceIndex: 0, status: 'attached', deleteOnTermination: true },
        association: { publicIp: publicAddressOf(one) },
        tagSet: tagSet(one.eniTags),
        interfaceType: 'interface',
      })),
      nextToken,
    };
  },
);
