import { sleep } from '../../sdk/async.ts';
import { KilnError } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Aws, Ec2Service } from '../client/index.ts';
import { certainlyNotCreated } from '../policy/aws-error.ts';
import { TOKEN_TAG, tagList, tagSpecs } from '../tags.ts';
import { undoWith } from '../undo.ts';
import { type Attachments, type Launched, leftovers, nameOf, undoInstance, waitUntilRunning } from './instance.ts';
import { randomName } from './names.ts';
import type { Network, Place } from './network.ts';
import { commonRequest, type LaunchParts, networkRequest } from './request.ts';
import type { LaunchSettings } from './settings.ts';

/** Tries while AWS has no spot capacity, and the longest pause between rounds (reference: CreateFleet). */
const TRIES = 11;
const LONGEST_PAUSE = 30_000;

type TemplateRequest = NonNullable<Parameters<Ec2Service['createLaunchTemplate']>[0]['LaunchTemplateData']>;
type FleetRequest = Parameters<Ec2Service['createFleet']>[0];
type Pairs = Readonly<Record<string, string>>;

/** Tags of what only spot instances have, rendered and with the run's own. */
export interface SpotTags {
  readonly spot: Pairs;
  readonly fleet: Pairs;
}

/** Launches a spot instance through a launch template and an instant fleet (reference: step 8b). */
export async function launchSpot(
  run: RunContext,
  aws: Aws,
  settings: LaunchSettings,
  parts: LaunchParts,
  network: Network,
  tags: SpotTags,
  attachments: Attachments,
): Promise<Launched> {
  run.ui.say(`Requesting a spot instance (price: ${settings.run.spot_price})...`);
  const token = run.resources.token('fleet');
  const templates = new Map<Place, Owned<string>>();
  const templateAt: TemplateAt = async place => {
    const template = templates.get(place) ?? (await createTemplate(run, aws, settings, parts, place, tags, token));
    templates.set(place, template);
    return template.value;
  };
  await templateAt(network.places[0]);
  const ask = async (place: Place, attempt: number): Promise<FleetReply> => {
    const request = fleetRequest(settings, await templateAt(place), tags, `${token}-${attempt}`);
    const reply = await aws.ec2().createFleet(request, run.signal);
    const errors = (reply.Errors ?? []).map(one => ({ code: one.ErrorCode ?? '', message: one.ErrorMessage ?? '' }));
    return { instance: reply.Instances?.[0]?.InstanceIds?.[0], errors };
  };
  const owned = await run.resources.acquire(
    {
      kind: 'ec2:instance',
      account: aws.ec2().account,
      with: { tag: `${TOKEN_TAG}=${token}`, ...leftovers(run, settings, parts) },
    },
    async () => {
      const id = await requestUntilFilled(run, network, ask);
      return { id, value: id };
    },
    undoInstance(run, aws, attachments),
    certainlyNotCreated,
  );
  run.ui.say(`Instance ID: ${owned.value}`);
  const instance = await waitUntilRunning(run, aws, owned.value);
  const request = instance.SpotInstanceRequestId;
  if (request && Object.keys(settings.spotTags).length > 0) {
    await aws.ec2().createTags({ Resources: [request], Tags: tagList(tags.spot) }, run.signal);
  }
  return { owned, instance, others: [...templates.values()] };
}

/** The name of a launch template for a place, made when the place is tried. */
type TemplateAt = (place: Place) => Promise<string>;

async function createTemplate(
  run: RunContext,
  aws: Aws,
  settings: LaunchSettings,
  parts: LaunchParts,
  place: Place,
  tags: SpotTags,
  token: string,
): Promise<Owned<string>> {
  const ec2 = aws.ec2();
  const name = `packer-fleet-launch-template-${randomName(7)}`;
  run.ui.say(`Creating launch template: ${name}`);
  return run.resources.acquire(
    { kind: 'ec2:launch-template', account: ec2.account, name },
    async () => {
      const reply = await ec2.createLaunchTemplate(
        {
          LaunchTemplateName: name,
          ClientToken: run.resources.token(`launch-template ${name}`),
          LaunchTemplateData: templateData(settings, parts, place, token),
          TagSpecifications: tagSpecs(tags.spot, 'launch-template' as const),
        },
        run.signal,
      );
      return { id: reply.LaunchTemplate?.LaunchTemplateId ?? name, value: name };
    },
    undoWith(aws),
    certainlyNotCreated,
  );
}

function templateData(settings: LaunchSettings, parts: LaunchParts, place: Place, token: string): TemplateRequest {
  const { run } = settings;
  const request = networkRequest(settings, parts, place);
  // A launch template has no place for a subnet but the interface.
  const interfaces = place.subnetId && !('NetworkInterfaces' in request);
  return {
    ...commonRequest(settings, parts),
    ...(parts.shutdown === 'terminate' && { InstanceInitiatedShutdownBehavior: 'terminate' as const }),
    ...(interfaces
      ? {
          NetworkInterfaces: [
            { DeviceIndex: 0, SubnetId: place.subnetId, Groups: [...parts.groups], DeleteOnTermination: true },
          ],
        }
      : request),
    ...(run.instance_type && { InstanceType: run.instance_type as NonNullable<TemplateRequest['InstanceType']> }),
    ...(place.zone && { Placement: { AvailabilityZone: place.zone } }),
    InstanceMarketOptions: {
      MarketType: 'spot',
      SpotOptions: { ...(run.spot_price && run.spot_price !== 'auto' && { MaxPrice: run.spot_price }) },
    },
    TagSpecifications: [
      ...tagSpecs({ ...parts.instanceTags, [TOKEN_TAG]: token }, 'instance' as const),
      ...tagSpecs(parts.instanceTags, 'network-interface' as const),
      ...tagSpecs(parts.volumeTags, 'volume' as const),
    ],
  };
}

interface FleetReply {
  readonly instance: string | undefined;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

/**
 * Asks for the instance in one place after the other, then in all of them again with growing pauses, while AWS only lacks
 * capacity. Errors beside an instance do not count.
 */
async function requestUntilFilled(
  run: RunContext,
  network: Network,
  ask: (place: Place, attempt: number) => Promise<FleetReply>,
): Promise<string> {
  let places: readonly Place[] = network.places;
  for (let attempt = 0, round = 0; ; round++) {
    for (const place of places) {
      if (attempt > 0 && places.length > 1) run.ui.say(`Trying ${nameOf(place)}...`);
      const { instance, errors } = await ask(place, ++attempt);
      if (instance) return instance;
      if (!lackCapacity(errors) || attempt >= Math.max(TRIES, 2 * places.length)) throw noInstance(errors);
      run.ui.say(`AWS has no spot capacity for these types in ${nameOf(place)} now.`);
    }
    const others = network.others && places === network.places ? await network.others() : [];
    if (others.length > 0) places = others;
    else await sleep(Math.min(500 * 2 ** round, LONGEST_PAUSE), run.signal);
  }
}

function lackCapacity(errors: FleetReply['errors']): boolean {
  return (
    errors.length > 0 && errors.every(one => /^(InsufficientInstanceCapacity|UnfulfillableCapacity)$/.test(one.code))
  );
}

function noInstance(errors: FleetReply['errors']): KilnError {
  const reasons = [...new Set(errors.map(one => `${one.message} (${one.code})`))].join('; ');
  return new KilnError(`AWS gave no spot instance: ${reasons || 'it did not say why'}`, {
    hint: 'allow more types in spot_instance_types, a higher spot_price, another zone, or launch on demand',
    code: 'aws-capacity',
  });
}

function fleetRequest(settings: LaunchSettings, template: string, tags: SpotTags, token: string): FleetRequest {
  const { run } = settings;
  const types = run.spot_instance_types ?? [];
  const strategy = run.spot_allocation_strategy;
  return {
    Type: 'instant',
    ClientToken: token,
    TargetCapacitySpecification: {
      TotalTargetCapacity: 1,
      SpotTargetCapacity: 1,
      OnDemandTargetCapacity: 0,
      DefaultTargetCapacityType: 'spot',
    },
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateName: template, Version: '1' },
        ...(types.length > 0 && {
          Overrides: types.map(type => ({ InstanceType: type as NonNullable<TemplateRequest['InstanceType']> })),
        }),
      },
    ],
    ...(strategy && {
      SpotOptions: {
        AllocationStrategy: strategy as NonNullable<NonNullable<FleetRequest['SpotOptions']>['AllocationStrategy']>,
      },
    }),
    TagSpecifications: tagSpecs(tags.fleet, 'fleet' as const),
  };
}
