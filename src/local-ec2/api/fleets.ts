/** Fleets of type instant. */

import { ApiError, invalidParameter } from '../protocol/errors.ts';
import {
  boolean,
  decimal,
  filters,
  integer,
  list,
  oneOf,
  required,
  string,
  struct,
  tagSpecifications,
} from '../protocol/params.ts';
import type { Xml } from '../protocol/xml.ts';
import { newId } from '../store/ids.ts';
import type { FleetRecord, InstanceRecord } from '../store/model.ts';
import { type Action, action, type Call } from './action.ts';
import { matcher } from './filters.ts';
import { type LaunchParameters, overTemplate, placement } from './instances/fields.ts';
import { launchInstance } from './instances/launch.ts';
import { checkCapacity, planLaunch } from './instances/plan.ts';
import { find, peek, select } from './kinds.ts';
import { templateVersion } from './launch-templates.ts';
import { page } from './paging.ts';
import { tagSet, tagsFor } from './tagging.ts';
import { recall, remember } from './tokens.ts';

const override = struct({
  InstanceType: string,
  MaxPrice: string,
  SubnetId: string,
  AvailabilityZone: string,
  WeightedCapacity: decimal,
  Priority: decimal,
  Placement: placement,
  ImageId: string,
});

const strategies = oneOf(
  'lowest-price',
  'lowestPrice',
  'diversified',
  'capacity-optimized',
  'capacityOptimized',
  'capacity-optimized-prioritized',
  'price-capacity-optimized',
  'prioritized',
);

const createFleet = action(
  {
    Type: oneOf('instant', 'request', 'maintain'),
    TargetCapacitySpecification: required(
      struct({
        TotalTargetCapacity: required(integer),
        OnDemandTargetCapacity: integer,
        SpotTargetCapacity: integer,
        DefaultTargetCapacityType: oneOf('spot', 'on-demand', 'capacity-block'),
        TargetCapacityUnitType: string,
      }),
    ),
    LaunchTemplateConfigs: required(
      list(
        struct({
          LaunchTemplateSpecification: struct({
            LaunchTemplateId: string,
            LaunchTemplateName: string,
            Version: string,
          }),
          Overrides: list(override),
        }),
      ),
    ),
    SpotOptions: struct({
      AllocationStrategy: strategies,
      InstanceInterruptionBehavior: oneOf('hibernate', 'stop', 'terminate'),
      InstancePoolsToUseCount: integer,
      SingleInstanceType: boolean,
      SingleAvailabilityZone: boolean,
      MinTargetCapacity: integer,
      MaxTotalPrice: string,
    }),
    OnDemandOptions: struct({
      AllocationStrategy: strategies,
      SingleInstanceType: boolean,
      SingleAvailabilityZone: boolean,
      MinTargetCapacity: integer,
      MaxTotalPrice: string,
    }),
    ExcessCapacityTerminationPolicy: oneOf('no-termination', 'termination'),
    TerminateInstancesWithExpiration: boolean,
    ReplaceUnhealthyInstances: boolean,
    ValidFrom: string,
    ValidUntil: string,
    Context: string,
    TagSpecification: tagSpecifications,
    ClientToken: string,
  },
  (call, input) => {
    const known = recall(call, input.ClientToken, input)?.[0];
    if (known) return fleetReply(call, find(call, 'fleets', known), []);
    if (input.Type !== 'instant')
      throw new ApiError('UnsupportedOperation', 'The embedded EC2 makes fleets of type instant only');
    const { TotalTargetCapacity: total, DefaultTargetCapacityType: market = 'on-demand' } =
      input.TargetCapacitySpecification;
    if (total < 1 || total > 100)
      throw invalidParameter(`Invalid value '${total}' for TotalTargetCapacity. It must be between 1 and 100.`);
    const fleetTags = tagsFor(input.TagSpecification, 'fleet', [
      'fleet',
      'instance',
      'volume',
      'network-interface',
      'launch-template',
    ]);
    const instanceTags = tagsFor(input.TagSpecification, 'instance', [
      'fleet',
      'instance',
      'volume',
      'network-interface',
      'launch-template',
    ]);
    const offers = offersOf(call, input.LaunchTemplateConfigs, market === 'spot');
    const fleet: FleetRecord = {
      id: newId('fleet'),
      tags: fleetTags,
      createdAt: call.world.now(),
      state: 'active',
      instanceIds: [],
    };
    const errors: Failure[] = [];
    const reservationId = newId('r');
    for (const offer of offers) {
      if (fleet.instanceIds.length >= total) break;
      try {
        const plan = planLaunch(call, offer);
        checkCapacity(call, plan);
        while (fleet.instanceIds.length < total) {
          const identity = {
            reservationId,
            launchIndex: fleet.instanceIds.length,
            clientToken: undefined,
            fleetId: fleet.id,
          };
          const instance = launchInstance(call, plan, identity);
          Object.assign(instance.tags, instanceTags);
          fleet.instanceIds.push(instance.id);
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        errors.push({ offer, error });
      }
    }
    call.state.fleets[fleet.id] = fleet;
    remember(call, input.ClientToken, input, [fleet.id]);
    call.world.touch();
    return fleetReply(call, fleet, errors);
  },
);

interface Failure {
  readonly offer: LaunchParameters;
  readonly error: ApiError;
}

interface Config {
  readonly LaunchTemplateSpecification:
    | {
        readonly LaunchTemplateId: string | undefined;
        readonly LaunchTemplateName: string | undefined;
        readonly Version: string | undefined;
      }
    | undefined;
  readonly Overrides: readonly {
    readonly [name: string]: unknown;
    readonly InstanceType: string | undefined;
    readonly SubnetId: string | undefined;
    readonly ImageId: string | undefined;
    readonly AvailabilityZone: string | undefined;
    readonly MaxPrice: string | undefined;
  }[];
}

/** Every combination of template and override, cheapest (in the order given) first. */
function offersOf(call: Call, configs: readonly Config[], spot: boolean): LaunchParameters[] {
  return configs.flatMap(config => {
    if (!config.LaunchTemplateSpecification)
      throw new ApiError('MissingParameter', 'The request must contain the parameter LaunchTemplateSpecification');
    const { data } = templateVersion(call, config.LaunchTemplateSpecification);
    const overrides = config.Overrides.length > 0 ? config.Overrides : [undefined];
    return overrides.map(one => {
      const { NetworkInterface } = data;
      const subnet = one?.SubnetId;
      const request = {
        ...data,
        InstanceType: one?.InstanceType ?? data.InstanceType,
        ImageId: one?.ImageId ?? data.ImageId,
        NetworkInterface: subnet ? NetworkInterface.map(each => ({ ...each, SubnetId: subnet })) : NetworkInterface,
        ...(subnet && NetworkInterface.length === 0 && { SubnetId: subnet }),
        ...(one?.AvailabilityZone && {
          Placement: { ...emptyPlacement, ...data.Placement, AvailabilityZone: one.AvailabilityZone },
        }),
        InstanceMarketOptions: spot ? spotOptions(data, one?.MaxPrice) : data.InstanceMarketOptions,
      };
      return overTemplate(request, data);
    });
  });
}

const emptyPlacement = {
  AvailabilityZone: undefined,
  Affinity: undefined,
  GroupName: undefined,
  GroupId: undefined,
  PartitionNumber: undefined,
  HostId: undefined,
  HostResourceGroupArn: undefined,
  Tenancy: undefined,
  SpreadDomain: undefined,
} as const;

function spotOptions(
  data: LaunchParameters,
  price: string | undefined,
): NonNullable<LaunchParameters['InstanceMarketOptions']> {
  const base = data.InstanceMarketOptions?.SpotOptions;
  return {
    MarketType: 'spot',
    SpotOptions: {
      MaxPrice: price ?? base?.MaxPrice,
      SpotInstanceType: 'one-time',
      BlockDurationMinutes: undefined,
      ValidUntil: undefined,
      InstanceInterruptionBehavior: base?.InstanceInterruptionBehavior,
    },
  };
}

function fleetReply(call: Call, fleet: FleetRecord, errors: readonly Failure[]): { [name: string]: Xml } {
  const byType = new Map<string, InstanceRecord[]>();
  for (const id of fleet.instanceIds) {
    const instance = peek(call, 'instances', id);
    if (instance) byType.set(instance.type, [...(byType.get(instance.type) ?? []), instance]);
  }
  return {
    fleetId: fleet.id,
    errorSet: errors.map(({ offer, error }) => ({
      launchTemplateAndOverrides: { overrides: { instanceType: offer.InstanceType, subnetId: offer.SubnetId } },
      lifecycle: offer.InstanceMarketOptions?.MarketType === 'spot' ? 'spot' : 'on-demand',
      errorCode: error.code,
      errorMessage: error.message,
    })),
    fleetInstanceSet: [...byType].map(([type, instances]) => ({
      launchTemplateAndOverrides: { overrides: { instanceType: type } },
      lifecycle: instances[0]?.spot ? 'spot' : 'on-demand',
      instanceIds: instances.map(one => one.id),
      instanceType: type,
    })),
  };
}

const describeFleets = action(
  { FleetId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const byFilter = matcher<FleetRecord>(input.Filter, { 'fleet-state': one => one.state, type: () => 'instant' });
    const { items, nextToken } = page(select(call, 'fleets', input.FleetId, byFilter), input);
    return {
      fleetSet: items.map(one => ({
        fleetId: one.id,
        fleetState: one.state,
        createTime: new Date(one.createdAt),
        type: 'instant',
        fulfilledCapacity: one.instanceIds.length,
        tagSet: tagSet(one.tags),
      })),
      nextToken,
    };
  },
);

const deleteFleets = action(
  { FleetId: required(list(string)), TerminateInstances: required(boolean) },
  (call, input) => {
    const fleets = input.FleetId.map(id => find(call, 'fleets', id));
    for (const fleet of fleets) {
      fleet.state = 'deleted';
      for (const id of input.TerminateInstances ? fleet.instanceIds : []) {
        const instance = peek(call, 'instances', id);
        if (instance && instance.state !== 'terminated' && instance.state !== 'shutting-down')
          call.runtime.terminate(
            call.region,
            instance,
            { code: 'Client.FleetDeleted', message: 'Client.FleetDeleted: The fleet was deleted' },
            '',
          );
      }
    }
    call.world.touch();
    return {
      successfulFleetDeletionSet: fleets.map(one => ({
        currentFleetState: 'deleted',
        previousFleetState: 'active',
        fleetId: one.id,
      })),
      unsuccessfulFleetDeletionSet: [],
    };
  },
);

export const fleetActions: Readonly<Record<string, Action>> = {
  CreateFleet: createFleet,
  DescribeFleets: describeFleets,
  DeleteFleets: deleteFleets,
};
