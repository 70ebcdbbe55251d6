import type { StateEntry, StateSnapshot } from './options.ts';
import type { ResourceRecord } from './store/model.ts';
import type { World } from './world.ts';

/** All resources of the store as flat lists. */
export function snapshotState(world: World): StateSnapshot {
  const { regions, roles, instanceProfiles } = world.store.state;
  const all = <R extends ResourceRecord>(
    table: (region: (typeof regions)[string]) => Record<string, R>,
    detail: (record: R) => { name?: string; state?: string } | undefined,
  ): StateEntry[] =>
    Object.entries(regions).flatMap(([region, state]) =>
      Object.values(table(state)).flatMap(record => {
        const more = detail(record);
        return more ? [{ id: record.id, region, tags: { ...record.tags }, ...more }] : [];
      }),
    );
  const global = (one: { id: string; name: string; tags: Record<string, string> }): StateEntry => ({
    id: one.id,
    region: 'global',
    name: one.name,
    tags: { ...one.tags },
  });
  return {
    instances: all(
      region => region.instances,
      one => (one.state === 'terminated' || one.host ? undefined : { state: one.state }),
    ),
    volumes: all(
      region => region.volumes,
      one => ({ state: one.state }),
    ),
    snapshots: all(
      region => region.snapshots,
      one => ({ state: one.state }),
    ),
    images: all(
      region => region.images,
      one => (one.standIn ? undefined : { name: one.name, state: one.state }),
    ),
    keyPairs: all(
      region => region.keyPairs,
      one => ({ name: one.name }),
    ),
    securityGroups: all(
      region => region.securityGroups,
      one => (one.name === 'default' ? undefined : { name: one.name }),
    ),
    vpcs: all(
      region => region.vpcs,
      one => (one.isDefault ? undefined : {}),
    ),
    subnets: all(
      region => region.subnets,
      one => (one.defaultForZone ? undefined : {}),
    ),
    launchTemplates: all(
      region => region.launchTemplates,
      one => ({ name: one.name }),
    ),
    spotRequests: all(
      region => region.spotRequests,
      one => (one.state === 'active' ? { state: one.state } : undefined),
    ),
    roles: Object.values(roles).map(global),
    instanceProfiles: Object.values(instanceProfiles).map(global),
  };
}
