import { boolean, filters, integer, list, required, string } from '../../protocol/params.ts';
import type { FleetRecord } from '../../store/model.ts';
import { type Action, action } from '../action.ts';
import { matcher } from '../filters.ts';
import { find, peek, select } from '../kinds.ts';
import { page } from '../paging.ts';
import { tagSet } from '../tagging.ts';

import { createFleet } from './create.ts';

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
