import { KilnError, messageOf } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Ec2 } from '../client/index.ts';
import type { RunOptions } from '../options/index.ts';
import type { Filter, Subnet } from '../types.ts';
import { filterList } from './source-image.ts';

/** One place to launch in. */
export interface Place {
  readonly subnetId?: string | undefined;
  readonly vpcId?: string | undefined;
  readonly zone?: string | undefined;
}

/** Where the instance goes: the place chosen, and others that would do when AWS has no room there. */
export interface Network {
  readonly vpcId: string | undefined;
  readonly places: readonly [Place, ...Place[]];
  /** Where the choice was left to AWS: the places to try one by one when its choice has no room. */
  others?(): Promise<readonly Place[]>;
}

/** Finds VPC, subnet and zone by the options (reference: ebs-build-sequence.md, step 3). Throws KilnError. */
export async function findNetwork(run: RunContext, ec2: Ec2, options: RunOptions): Promise<Network> {
  const vpcId = options.vpc_id || (await vpcByFilter(run, ec2, options));
  const zone = options.availability_zone || undefined;
  if (options.subnet_id) return completed(ec2, { subnetId: options.subnet_id, vpcId, zone }, run.signal);
  if (options.subnet_filter) return subnetsByFilter(run, ec2, options, vpcId, zone);
  if (options.associate_public_ip_address !== undefined) {
    const inferred = await inferSubnet(run, ec2, options, vpcId, zone);
    if (inferred) return inferred;
  }
  return {
    vpcId,
    places: [{ vpcId, zone }],
    ...(!zone && { others: () => allPlaces(run, ec2, options, vpcId) }),
  };
}

/** The subnets of the VPC, or the default VPC, in zones that offer the instance type, freest first. */
async function allPlaces(
  run: RunContext,
  ec2: Ec2,
  options: RunOptions,
  vpcId: string | undefined,
): Promise<readonly Place[]> {
  const vpc = vpcId ?? (await defaultVpc(ec2, run.signal));
  if (!vpc) return [];
  return (await fittingSubnets(run, ec2, options, vpc, undefined)).map(placeOf);
}

async function vpcByFilter(run: RunContext, ec2: Ec2, options: RunOptions): Promise<string | undefined> {
  if (!options.vpc_filter) return undefined;
  const filters: Filter[] = [...filterList(options.vpc_filter), { Name: 'state', Values: ['available'] }];
  const { Vpcs = [] } = await ec2.describeVpcs({ Filters: filters }, run.signal);
  const [vpc, ...others] = Vpcs;
  if (!vpc || others.length > 0) {
    throw new KilnError(`vpc_filter must match one VPC; it matches ${Vpcs.length || 'none'} in ${ec2.region}`, {
      hint: 'change the filters, or name the VPC with vpc_id',
      code: 'vpc-not-found',
    });
  }
  run.ui.say(`Found VPC ID: ${vpc.VpcId}`);
  return vpc.VpcId;
}

async function subnetsByFilter(
  run: RunContext,
  ec2: Ec2,
  options: RunOptions,
  vpcId: string | undefined,
  zone: string | undefined,
): Promise<Network> {
  const filters: Filter[] = [
    ...filterList(options.subnet_filter),
    { Name: 'state', Values: ['available'] },
    ...(vpcId ? [{ Name: 'vpc-id', Values: [vpcId] }] : []),
    ...(zone ? [{ Name: 'availability-zone', Values: [zone] }] : []),
  ];
  const { Subnets = [] } = await ec2.describeSubnets({ Filters: filters }, run.signal);
  const choosing = options.subnet_filter?.most_free || options.subnet_filter?.random;
  if (Subnets.length === 0 || (Subnets.length > 1 && !choosing)) {
    throw new KilnError(
      `subnet_filter matches ${Subnets.length === 0 ? 'no subnet' : `${Subnets.length} subnets`} in ${ec2.region}`,
      {
        hint:
          Subnets.length === 0
            ? 'change the filters, or name the subnet with subnet_id'
            : 'narrow the filters, or set most_free or random',
        code: 'subnet-not-found',
      },
    );
  }
  const ordered = options.subnet_filter?.most_free ? freestFirst(Subnets) : shuffled(Subnets);
  return announced(run, vpcId, ordered);
}

/** Finds a subnet of the VPC, or the default VPC, in a zone that offers the instance type. Failing is no error. */
async function inferSubnet(
  run: RunContext,
  ec2: Ec2,
  options: RunOptions,
  vpcId: string | undefined,
  zone: string | undefined,
): Promise<Network | undefined> {
  try {
    const vpc = vpcId ?? (await defaultVpc(ec2, run.signal));
    if (!vpc) throw new KilnError('there is no default VPC');
    const fitting = await fittingSubnets(run, ec2, options, vpc, zone);
    if (fitting.length === 0) throw new KilnError(`VPC ${vpc} has no subnet where the instance type is offered`);
    return announced(run, vpc, fitting);
  } catch (error) {
    run.signal.throwIfAborted();
    run.ui.error(
      `associate_public_ip_address is ignored, as no subnet was found for it: ${messageOf(error)}. Set subnet_id.`,
    );
    return undefined;
  }
}

async function fittingSubnets(
  run: RunContext,
  ec2: Ec2,
  options: RunOptions,
  vpc: string,
  zone: string | undefined,
): Promise<Subnet[]> {
  const filters = [
    { Name: 'vpc-id', Values: [vpc] },
    { Name: 'state', Values: ['available'] },
    ...(zone ? [{ Name: 'availability-zone', Values: [zone] }] : []),
  ];
  const { Subnets = [] } = await ec2.describeSubnets({ Filters: filters }, run.signal);
  const zones = await offeringZones(run, ec2, options.instance_type);
  return freestFirst(Subnets.filter(subnet => !zones || zones.has(subnet.AvailabilityZone ?? '')));
}

async function defaultVpc(ec2: Ec2, signal: AbortSignal): Promise<string | undefined> {
  const { Vpcs = [] } = await ec2.describeVpcs({ Filters: [{ Name: 'is-default', Values: ['true'] }] }, signal);
  return Vpcs[0]?.VpcId;
}

async function offeringZones(
  run: RunContext,
  ec2: Ec2,
  type: string | undefined,
): Promise<ReadonlySet<string> | undefined> {
  if (!type) return undefined;
  try {
    const { InstanceTypeOfferings = [] } = await ec2.describeInstanceTypeOfferings(
      { LocationType: 'availability-zone', Filters: [{ Name: 'instance-type', Values: [type] }] },
      run.signal,
    );
    return new Set(InstanceTypeOfferings.flatMap(one => one.Location ?? []));
  } catch (error) {
    run.signal.throwIfAborted();
    run.ui.say(`Which zones offer ${type} could not be found out, so all are considered: ${messageOf(error)}`);
    return undefined;
  }
}

/** Fills in the VPC and zone of a known subnet, which the security group and the volumes need. */
async function completed(ec2: Ec2, place: Place, signal: AbortSignal): Promise<Network> {
  if (place.vpcId && place.zone) return { vpcId: place.vpcId, places: [place] };
  const { Subnets = [] } = await ec2.describeSubnets({ SubnetIds: place.subnetId ? [place.subnetId] : [] }, signal);
  const subnet = Subnets[0];
  const vpcId = place.vpcId ?? subnet?.VpcId;
  return { vpcId, places: [{ ...place, vpcId, zone: place.zone ?? subnet?.AvailabilityZone }] };
}

function announced(run: RunContext, vpcId: string | undefined, subnets: readonly Subnet[]): Network {
  const places = subnets.map(placeOf);
  const [first, ...others] = places as [Place, ...Place[]];
  run.ui.say(`Found Subnet ID: ${first.subnetId}`);
  // The temporary security group belongs to one VPC, so another place must lie in the same.
  return { vpcId: vpcId ?? first.vpcId, places: [first, ...others.filter(one => one.vpcId === first.vpcId)] };
}

function placeOf(subnet: Subnet): Place {
  return { subnetId: subnet.SubnetId, vpcId: subnet.VpcId, zone: subnet.AvailabilityZone };
}

function freestFirst(subnets: readonly Subnet[]): Subnet[] {
  return [...subnets].sort((a, b) => (b.AvailableIpAddressCount ?? 0) - (a.AvailableIpAddressCount ?? 0));
}

function shuffled(subnets: readonly Subnet[]): Subnet[] {
  return subnets
    .map(subnet => ({ subnet, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ subnet }) => subnet);
}
