/** What can be launched where. */

import { type InstanceType, instanceType, isOffered, listedTypes } from '../instance-types.ts';
import { ApiError } from '../protocol/errors.ts';
import { boolean, filters, integer, list, oneOf, string } from '../protocol/params.ts';
import type { Xml } from '../protocol/xml.ts';
import { zonesOf } from '../regions.ts';
import { type Action, action } from './action.ts';
import { matcher } from './filters.ts';
import { page } from './paging.ts';

type Row = InstanceType & { readonly tags: Record<string, string> };

const describeInstanceTypes = action(
  {
    InstanceType: list(string),
    IncludeUnsupportedInRegion: boolean,
    Filter: filters,
    MaxResults: integer,
    NextToken: string,
  },
  (_call, input) => {
    const unknown = input.InstanceType.filter(name => !instanceType(name));
    if (unknown.length > 0)
      throw new ApiError(
        'InvalidInstanceType',
        `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
      );
    const named = input.InstanceType.flatMap(name => instanceType(name) ?? []);
    const rows: Row[] = (named.length > 0 ? named : listedTypes()).map(one => ({ ...one, tags: {} }));
    const byFilter = matcher<Row>(input.Filter, {
      'instance-type': one => one.name,
      'processor-info.supported-architecture': one => one.architecture,
      'vcpu-info.default-vcpus': one => one.vcpus,
      'memory-info.size-in-mib': one => one.memoryMiB,
      'current-generation': one => one.currentGeneration,
      'burstable-performance-supported': one => one.burstable,
      'bare-metal': one => one.bareMetal,
      'supported-root-device-type': () => 'ebs',
      'supported-virtualization-type': () => 'hvm',
      'supported-usage-class': () => ['on-demand', 'spot'],
      'free-tier-eligible': one => one.name === 't2.micro' || one.name === 't3.micro',
    });
    const { items, nextToken } = page(rows.filter(byFilter), input, { max: 100, byId: named.length > 0 });
    return { instanceTypeSet: items.map(typeXml), nextToken };
  },
);

function typeXml(type: InstanceType): Xml {
  const nitro = !/^(t1|t2|m[1-4]|c[134]|r[34]|i2)$/.test(type.family);
  return {
    instanceType: type.name,
    currentGeneration: type.currentGeneration,
    freeTierEligible: type.name === 't2.micro' || type.name === 't3.micro',
    supportedUsageClasses: ['on-demand', 'spot'],
    supportedRootDeviceTypes: ['ebs'],
    supportedVirtualizationTypes: ['hvm'],
    bareMetal: type.bareMetal,
    hypervisor: type.bareMetal ? undefined : nitro ? 'nitro' : 'xen',
    processorInfo: { supportedArchitectures: [type.architecture] },
    vCpuInfo: {
      defaultVCpus: type.vcpus,
      defaultCores: Math.max(1, type.vcpus / 2),
      defaultThreadsPerCore: type.vcpus > 1 ? 2 : 1,
    },
    memoryInfo: { sizeInMiB: type.memoryMiB },
    instanceStorageSupported: false,
    ebsInfo: {
      ebsOptimizedSupport: nitro ? 'default' : 'unsupported',
      encryptionSupport: 'supported',
      nvmeSupport: nitro ? 'required' : 'unsupported',
    },
    networkInfo: {
      networkPerformance: 'Up to 5 Gigabit',
      maximumNetworkInterfaces: 3,
      ipv4AddressesPerInterface: 4,
      ipv6AddressesPerInterface: 4,
      ipv6Supported: true,
      enaSupport: nitro ? 'required' : 'unsupported',
    },
    placementGroupInfo: { supportedStrategies: ['partition', 'spread'] },
    hibernationSupported: false,
    burstablePerformanceSupported: type.burstable,
    dedicatedHostsSupported: false,
    autoRecoverySupported: true,
    supportedBootModes: type.architecture === 'arm64' ? ['uefi'] : nitro ? ['legacy-bios', 'uefi'] : ['legacy-bios'],
  };
}

interface Offering {
  readonly type: string;
  readonly location: string;
  readonly tags: Record<string, string>;
}

const describeInstanceTypeOfferings = action(
  {
    LocationType: oneOf('region', 'availability-zone', 'availability-zone-id', 'outpost'),
    Filter: filters,
    MaxResults: integer,
    NextToken: string,
  },
  (call, input) => {
    const locationType = input.LocationType ?? 'region';
    const asked = input.Filter.filter(one => one.Name === 'instance-type').flatMap(one => one.Value);
    const named = asked.flatMap(name => instanceType(name) ?? []);
    const types = new Map([...listedTypes(), ...named].map(one => [one.name, one]));
    const rows: Offering[] = [];
    for (const type of types.values()) {
      if (locationType === 'region') rows.push({ type: type.name, location: call.region, tags: {} });
      else if (locationType !== 'outpost')
        for (const zone of zonesOf(call.region))
          if (isOffered(type, zone.name))
            rows.push({
              type: type.name,
              location: locationType === 'availability-zone' ? zone.name : zone.id,
              tags: {},
            });
    }
    const byFilter = matcher<Offering>(input.Filter, {
      location: row => row.location,
      'instance-type': row => row.type,
    });
    const { items, nextToken } = page(rows.filter(byFilter), input);
    return {
      instanceTypeOfferingSet: items.map(row => ({ instanceType: row.type, locationType, location: row.location })),
      nextToken,
    };
  },
);

export const instanceTypeActions: Readonly<Record<string, Action>> = {
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeInstanceTypeOfferings: describeInstanceTypeOfferings,
};
