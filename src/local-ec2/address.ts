import { randomInt } from 'node:crypto';
import { ApiError } from './protocol/errors.ts';
import type { SubnetRecord } from './store/model.ts';
import type { World } from './world.ts';

const ATTEMPTS = 200;

/**
 * A loopback address that no live instance of the store has: of the subnet when that lies in 127.0.0.0/8, else of the
 * store's own network. Chosen by chance, so that several stores of one host hardly ever meet.
 */
export function allocateAddress(world: World, region: string, subnet: SubnetRecord): string {
  const used = new Set<string>();
  for (const state of Object.values(world.store.state.regions))
    for (const one of Object.values(state.instances)) if (one.state !== 'terminated') used.add(one.address);
  const own = Object.values(world.region(region).subnets).find(
    one => one.defaultForZone && one.cidr.startsWith('127.'),
  );
  const cidr = subnet.cidr.startsWith('127.') || !own ? subnet.cidr : own.cidr;
  const [base = '127.16.0.0', bits = '20'] = cidr.split('/');
  const [a = 127, b = 16, c = 0] = base.split('.').map(Number);
  const blocks = 2 ** Math.max(0, 24 - Number(bits));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Four at the bottom and one at the top of a subnet are EC2's own.
    const address = `${a}.${b}.${c + randomInt(blocks)}.${randomInt(4, 255)}`;
    if (!used.has(address)) return address;
  }
  throw new ApiError(
    'InsufficientFreeAddressesInSubnet',
    `There are not enough free addresses in subnet '${subnet.id}'`,
  );
}
