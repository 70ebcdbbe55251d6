/** Launch parameters, as RunInstances, launch templates and fleets share them. */
import {
  blockDeviceMappings,
  boolean,
  type InputOf,
  integer,
  list,
  oneOf,
  required,
  string,
  struct,
  tagSpecifications,
} from '../../protocol/params.ts';

const enabled = struct({ Enabled: boolean });

export const networkInterfaces = list(
  struct({
    AssociatePublicIpAddress: boolean,
    AssociateCarrierIpAddress: boolean,
    DeleteOnTermination: boolean,
    Description: string,
    DeviceIndex: integer,
    InterfaceType: string,
    Ipv6AddressCount: integer,
    NetworkCardIndex: integer,
    NetworkInterfaceId: string,
    PrivateIpAddress: string,
    SecurityGroupId: list(string),
    SubnetId: string,
  }),
);

export const metadataOptions = {
  HttpTokens: oneOf('optional', 'required'),
  HttpPutResponseHopLimit: integer,
  HttpEndpoint: oneOf('enabled', 'disabled'),
  HttpProtocolIpv6: oneOf('enabled', 'disabled'),
  InstanceMetadataTags: oneOf('enabled', 'disabled'),
} as const;

export const placement = struct({
  AvailabilityZone: string,
  Affinity: string,
  GroupName: string,
  GroupId: string,
  PartitionNumber: integer,
  HostId: string,
  HostResourceGroupArn: string,
  Tenancy: oneOf('default', 'dedicated', 'host'),
  SpreadDomain: string,
});

export const launchFields = {
  BlockDeviceMapping: blockDeviceMappings,
  CapacityReservationSpecification: struct({
    CapacityReservationPreference: oneOf('capacity-reservations-only', 'open', 'none'),
    CapacityReservationTarget: struct({ CapacityReservationId: string, CapacityReservationResourceGroupArn: string }),
  }),
  CpuOptions: struct({ CoreCount: integer, ThreadsPerCore: integer, AmdSevSnp: string, NestedVirtualization: string }),
  CreditSpecification: struct({ CpuCredits: required(oneOf('standard', 'unlimited')) }),
  DisableApiStop: boolean,
  DisableApiTermination: boolean,
  EbsOptimized: boolean,
  EnclaveOptions: enabled,
  HibernationOptions: struct({ Configured: boolean }),
  IamInstanceProfile: struct({ Arn: string, Name: string }),
  ImageId: string,
  InstanceInitiatedShutdownBehavior: oneOf('stop', 'terminate'),
  InstanceMarketOptions: struct({
    MarketType: oneOf('spot', 'capacity-block'),
    SpotOptions: struct({
      MaxPrice: string,
      SpotInstanceType: oneOf('one-time', 'persistent'),
      BlockDurationMinutes: integer,
      ValidUntil: string,
      InstanceInterruptionBehavior: oneOf('hibernate', 'stop', 'terminate'),
    }),
  }),
  InstanceType: string,
  KernelId: string,
  KeyName: string,
  LicenseSpecification: list(struct({ LicenseConfigurationArn: required(string) })),
  MaintenanceOptions: struct({ AutoRecovery: string }),
  MetadataOptions: struct(metadataOptions),
  Monitoring: enabled,
  NetworkInterface: networkInterfaces,
  Placement: placement,
  PrivateDnsNameOptions: struct({
    HostnameType: string,
    EnableResourceNameDnsARecord: boolean,
    EnableResourceNameDnsAAAARecord: boolean,
  }),
  SecurityGroup: list(string),
  SecurityGroupId: list(string),
  TagSpecification: tagSpecifications,
  UserData: string,
} as const;

export type LaunchParameters = InputOf<typeof launchFields> & { readonly SubnetId?: string | undefined };

/** A launch template's data below a request's own parameters: what the request gives wins. */
export function overTemplate(request: LaunchParameters, template: LaunchParameters): LaunchParameters {
  const merged: Record<string, unknown> = { ...template };
  for (const [name, value] of Object.entries(request)) {
    const absent = value === undefined || (Array.isArray(value) && value.length === 0);
    if (!absent) merged[name] = value;
  }
  return merged as LaunchParameters;
}
