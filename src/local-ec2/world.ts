import { messageOf } from '../sdk/errors.ts';
import { FaultEngine } from './faults/engine.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Machines } from './machines/contract.ts';
import type { LocalEc2Options } from './options.ts';
import { DEFAULT_REGIONS, zonesOf } from './regions.ts';
import { newId } from './store/ids.ts';
import { emptyRegion, type RegionState } from './store/model.ts';
import type { Store } from './store/store.ts';
import { INSTANT } from './timing.ts';

/** Milliseconds until changes that no call waits for are written. */
const BACKGROUND_FLUSH = 200;

/** What all services share: the store, the machines, time, and what shall go wrong. */
export class World {
  readonly store: Store;
  readonly machines: Machines;
  readonly lifecycle: Lifecycle;
  readonly faults: FaultEngine;
  readonly regionNames: readonly string[];
  readonly standIns: boolean;
  /** Instances run nothing, so any system may be stood in for. */
  readonly hollow: boolean;
  private readonly onNotice: ((text: string) => void) | undefined;
  private readonly noticed = new Set<string>();
  private flushing: NodeJS.Timeout | undefined;

  constructor(store: Store, machines: Machines, options: LocalEc2Options) {
    this.store = store;
    this.machines = machines;
    this.lifecycle = new Lifecycle({ ...INSTANT, ...options.timing });
    this.faults = new FaultEngine(options.faults, options.seed, Date.now);
    this.regionNames = options.region?.length ? options.region : DEFAULT_REGIONS;
    this.standIns = options.standIns ?? true;
    this.hollow = options.machines === 'none';
    this.onNotice = options.onNotice;
  }

  get accountId(): string {
    return this.store.state.accountId;
  }

  get defaultRegion(): string {
    return this.regionNames[0] ?? 'us-east-1';
  }

  /** The endpoint's own idea of the time. */
  now(): number {
    return Date.now() + this.faults.clockOffset;
  }

  /** Tells the user something, once. */
  notice(text: string): void {
    if (this.noticed.has(text)) return;
    this.noticed.add(text);
    this.onNotice?.(text);
  }

  /** The state changed. A call's own changes are on disk before it is answered; those of the background, soon. */
  touch(): void {
    this.store.touch();
    this.flushing ??= setTimeout(() => {
      this.flushing = undefined;
      this.store.flush().catch((error: unknown) => this.notice(messageOf(error)));
    }, BACKGROUND_FLUSH).unref();
  }

  close(): void {
    clearTimeout(this.flushing);
    this.lifecycle.close();
  }

  /** A region's tables; at first use it gets what every account has: a default VPC with a subnet per zone. */
  region(name: string): RegionState {
    const known = Object.hasOwn(this.store.state.regions, name) ? this.store.state.regions[name] : undefined;
    if (known) return known;
    const region = this.furnish(name);
    this.store.state.regions[name] = region;
    this.touch();
    return region;
  }

  private furnish(name: string): RegionState {
    const region = emptyRegion();
    const at = this.now();
    const prefix = `127.${this.networkOf(name)}`;
    const vpcId = newId('vpc');
    region.vpcs[vpcId] = { id: vpcId, tags: {}, createdAt: at, cidr: `${prefix}.0.0/16`, isDefault: true };
    zonesOf(name).forEach((zone, index) => {
      const id = newId('subnet');
      const cidr = `${prefix}.${index * 16}.0/20`;
      region.subnets[id] = {
        id,
        tags: {},
        createdAt: at,
        vpcId,
        cidr,
        zone: zone.name,
        defaultForZone: true,
        mapPublicIp: true,
      };
    });
    const groupId = newId('sg');
    region.securityGroups[groupId] = defaultGroup(groupId, vpcId, this.accountId, at);
    // An imported image is the same in all regions.
    for (const other of Object.values(this.store.state.regions)) {
      for (const image of Object.values(other.images))
        if (image.imported) region.images[image.id] ??= structuredClone(image);
      for (const snapshot of Object.values(other.snapshots))
        if (snapshot.imported) region.snapshots[snapshot.id] ??= structuredClone(snapshot);
    }
    return region;
  }

  /** Second octet of a region's addresses: regions of one store differ. */
  private networkOf(region: string): number {
    const index = Math.max(0, this.regionNames.indexOf(region));
    return 16 + ((this.store.state.network - 16 + index) % 224);
  }
}

/** The group named `default` that every VPC has: all from itself, all out. */
export function defaultGroup(
  id: string,
  vpcId: string,
  accountId: string,
  at: number,
): RegionState['securityGroups'][string] {
  return {
    id,
    tags: {},
    createdAt: at,
    name: 'default',
    description: 'default VPC security group',
    vpcId,
    rules: [
      { id: newId('sgr'), egress: false, protocol: '-1', source: { groupId: id, userId: accountId }, tags: {} },
      { id: newId('sgr'), egress: true, protocol: '-1', source: { cidr4: '0.0.0.0/0' }, tags: {} },
    ],
  };
}
