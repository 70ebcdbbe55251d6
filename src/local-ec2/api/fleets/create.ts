/** CreateFleet, of type instant. */

import { ApiError, invalidParameter } from '../../protocol/errors.ts';
import {
  boolean,
  decimal,
  integer,
  list,
  oneOf,
  required,
  string,
  struct,
  tagSpecifications,
} from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import { newId } from '../../store/ids.ts';
import type { FleetRecord, InstanceRecord } from '../../store/model.ts';
import { action, type Call } from '../action.ts';
import { type LaunchParameters, placement } from '../instances/fields.ts';
import { launchInstance } from '../instances/launch.ts';
import { checkCapacity, planLaunch } from '../instances/plan.ts';
import { find, peek } from '../kinds.ts';
import { tagsFor } from '../tagging.ts';
import { recall, remember } from '../tokens.ts';

import { offersOf } from './offers.ts';

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

export const createFleet = action(
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
