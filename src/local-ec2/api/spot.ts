/** Spot requests and prices. */
import { instanceType, isOffered, listedTypes } from '../instance-types.ts';
import { filters, integer, list, required, string } from '../protocol/params.ts';
import { zonesOf } from '../regions.ts';
import type { SpotRequestRecord } from '../store/model.ts';
import { type Action, action } from './action.ts';
import { matcher } from './filters.ts';
import { find, select } from './kinds.ts';
import { page } from './paging.ts';
import { tagSet } from './tagging.ts';

const describeSpotInstanceRequests = action(
  { SpotInstanceRequestId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const byFilter = matcher<SpotRequestRecord>(input.Filter, {
      'spot-instance-request-id': one => one.id,
      'instance-id': one => one.instanceId,
      state: one => one.state,
      'status-code': one => one.status.code,
      'launch.instance-type': one => one.instanceType,
      'launch.image-id': one => one.imageId,
      type: () => 'one-time',
    });
    const { items, nextToken } = page(select(call, 'spotRequests', input.SpotInstanceRequestId, byFilter), input);
    return {
      spotInstanceRequestSet: items.map(one => ({
        spotInstanceRequestId: one.id,
        spotPrice: one.price,
        type: 'one-time',
        state: one.state,
        status: { ...one.status, updateTime: new Date(one.createdAt) },
        launchSpecification: { imageId: one.imageId, instanceType: one.instanceType },
        instanceId: one.instanceId,
        createTime: new Date(one.createdAt),
        productDescription: 'Linux/UNIX',
        launchedAvailabilityZone: one.zone,
        instanceInterruptionBehavior: 'terminate',
        tagSet: tagSet(one.tags),
      })),
      nextToken,
    };
  },
);

const cancelSpotInstanceRequests = action({ SpotInstanceRequestId: required(list(string)) }, (call, input) => {
  const requests = input.SpotInstanceRequestId.map(id => find(call, 'spotRequests', id));
  for (const one of requests) one.state = 'cancelled';
  call.world.touch();
  return { spotInstanceRequestSet: requests.map(one => ({ spotInstanceRequestId: one.id, state: one.state })) };
});

/** A made-up but steady price: a cent per vCPU and hour, a little dearer in each further zone. */
const describeSpotPriceHistory = action(
  {
    InstanceType: list(string),
    ProductDescription: list(string),
    AvailabilityZone: string,
    StartTime: string,
    EndTime: string,
    Filter: filters,
    MaxResults: integer,
    NextToken: string,
  },
  (call, input) => {
    const types =
      input.InstanceType.length > 0 ? input.InstanceType.flatMap(name => instanceType(name) ?? []) : listedTypes();
    const rows = types.flatMap(type =>
      zonesOf(call.region).flatMap((zone, index) =>
        isOffered(type, zone.name) && (!input.AvailabilityZone || input.AvailabilityZone === zone.name)
          ? [{ type: type.name, zone, price: (type.vcpus * 0.01 * (1 + index / 20)).toFixed(6), tags: {} }]
          : [],
      ),
    );
    const byFilter = matcher<(typeof rows)[number]>(input.Filter, {
      'availability-zone': row => row.zone.name,
      'instance-type': row => row.type,
      'product-description': () => 'Linux/UNIX',
      'spot-price': row => row.price,
    });
    const { items, nextToken } = page(rows.filter(byFilter), input, { min: 1 });
    return {
      spotPriceHistorySet: items.map(row => ({
        instanceType: row.type,
        productDescription: 'Linux/UNIX',
        spotPrice: row.price,
        timestamp: new Date(call.world.now()),
        availabilityZone: row.zone.name,
      })),
      nextToken,
    };
  },
);

export const spotActions: Readonly<Record<string, Action>> = {
  DescribeSpotInstanceRequests: describeSpotInstanceRequests,
  CancelSpotInstanceRequests: cancelSpotInstanceRequests,
  DescribeSpotPriceHistory: describeSpotPriceHistory,
};
