/** What a fleet may launch. */

import { ApiError } from '../../protocol/errors.ts';
import type { Call } from '../action.ts';
import { type LaunchParameters, overTemplate } from '../instances/fields.ts';
import { templateVersion } from '../launch-templates.ts';

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
export function offersOf(call: Call, configs: readonly Config[], spot: boolean): LaunchParameters[] {
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
