/** Regions and availability zones. */
import { invalidParameter } from '../protocol/errors.ts';
import { boolean, filters, list, string } from '../protocol/params.ts';
import { optInStatus, zonesOf } from '../regions.ts';
import { type Action, action } from './action.ts';
import { matcher } from './filters.ts';

const describeRegions = action({ RegionName: list(string), AllRegions: boolean, Filter: filters }, (call, input) => {
  const known = call.world.regionNames;
  const unknown = input.RegionName.find(name => !known.includes(name));
  if (unknown !== undefined) throw invalidParameter(`Invalid region names: '${unknown}'`);
  const rows = known.map(name => ({
    name,
    tags: {},
    endpoint: `ec2.${name}.amazonaws.com`,
    status: optInStatus(name),
  }));
  const byFilter = matcher<(typeof rows)[number]>(input.Filter, {
    'region-name': row => row.name,
    endpoint: row => row.endpoint,
    'opt-in-status': row => row.status,
  });
  const found = rows.filter(
    row => (input.RegionName.length === 0 || input.RegionName.includes(row.name)) && byFilter(row),
  );
  return {
    regionInfo: found.map(row => ({ regionName: row.name, regionEndpoint: row.endpoint, optInStatus: row.status })),
  };
});

const describeAvailabilityZones = action(
  { ZoneName: list(string), ZoneId: list(string), AllAvailabilityZones: boolean, Filter: filters },
  (call, input) => {
    const rows = zonesOf(call.region).map(zone => ({ ...zone, tags: {} }));
    for (const name of input.ZoneName)
      if (!rows.some(row => row.name === name)) throw invalidParameter(`Invalid availability zone: [${name}]`);
    const byFilter = matcher<(typeof rows)[number]>(input.Filter, {
      'zone-name': row => row.name,
      'zone-id': row => row.id,
      'zone-type': () => 'availability-zone',
      'region-name': () => call.region,
      state: () => 'available',
      'opt-in-status': () => 'opt-in-not-required',
      'group-name': () => call.region,
    });
    const found = rows.filter(
      row =>
        (input.ZoneName.length === 0 || input.ZoneName.includes(row.name)) &&
        (input.ZoneId.length === 0 || input.ZoneId.includes(row.id)) &&
        byFilter(row),
    );
    return {
      availabilityZoneInfo: found.map(row => ({
        optInStatus: 'opt-in-not-required',
        messageSet: [],
        regionName: call.region,
        zoneName: row.name,
        zoneId: row.id,
        groupName: call.region,
        networkBorderGroup: call.region,
        zoneType: 'availability-zone',
        zoneState: 'available',
      })),
    };
  },
);

export const regionActions: Readonly<Record<string, Action>> = {
  DescribeRegions: describeRegions,
  DescribeAvailabilityZones: describeAvailabilityZones,
};
