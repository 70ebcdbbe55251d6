import { isBurstable } from '../rules/run.ts';
import { tagSpecs } from '../tags.ts';
import type { RunInstancesRequest } from '../types.ts';
import { blockDeviceMappings, noEphemeralMappings } from './block-devices.ts';
import type { Place } from './network.ts';
import type { LaunchSettings } from './settings.ts';
import type { SourceImage } from './source-image.ts';

type Pairs = Readonly<Record<string, string>>;

/** All that a launch needs besides the options. */
export interface LaunchParts {
  readonly source: SourceImage;
  readonly keyName: string | undefined;
  readonly profile: string | undefined;
  readonly groups: readonly string[];
  readonly userData: string | undefined;
  /** What a shutdown from inside does to the instance. */
  readonly shutdown: 'stop' | 'terminate';
  readonly instanceTags: Pairs;
  readonly volumeTags: Pairs;
}

/** What a launch on demand and a launch template for spot have in common. */
export function commonRequest(settings: LaunchSettings, parts: LaunchParts) {
  const { run } = settings;
  const mappings = [...blockDeviceMappings(settings.mappings), ...(settings.noEphemeral ? noEphemeralMappings() : [])];
  return {
    ImageId: parts.source.id,
    ...(parts.userData && { UserData: parts.userData }),
    ...(parts.profile && { IamInstanceProfile: { Name: parts.profile } }),
    ...(mappings.length > 0 && { BlockDeviceMappings: mappings }),
    EbsOptimized: run.ebs_optimized ?? false,
    ...(parts.keyName && { KeyName: parts.keyName }),
    ...creditRequest(settings),
    ...metadataRequest(settings),
  };
}

/** Burstable instances say which credits they use; T3 would else run on unlimited ones by default. */
function creditRequest({ run }: LaunchSettings): { CreditSpecification?: { CpuCredits: string } } {
  if (!isBurstable(run.instance_type ?? '')) return {};
  const unlimited = run.enable_unlimited_credits || run.enable_t2_unlimited;
  return { CreditSpecification: { CpuCredits: unlimited ? 'unlimited' : 'standard' } };
}

/** Only what the template says is sent: an image may bring its own settings (imds_support). */
function metadataRequest({ run }: LaunchSettings): Pick<RunInstancesRequest, 'MetadataOptions'> {
  const wanted = run.metadata_options;
  if (!wanted || Object.values(wanted).every(value => value === undefined)) return {};
  if (wanted.http_endpoint === 'disabled') return { MetadataOptions: { HttpEndpoint: 'disabled' } };
  return {
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: wanted.http_tokens === 'required' ? 'required' : 'optional',
      HttpPutResponseHopLimit: wanted.http_put_response_hop_limit || 1,
      ...(wanted.instance_metadata_tags === 'enabled' && { InstanceMetadataTags: 'enabled' }),
    },
  };
}

/** Subnet, groups and public address: on an explicit interface when the public address is given. */
export function networkRequest(settings: LaunchSettings, parts: LaunchParts, place: Place) {
  const publicAddress = settings.run.associate_public_ip_address;
  if (place.subnetId && publicAddress !== undefined) {
    return {
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: place.subnetId,
          Groups: [...parts.groups],
          AssociatePublicIpAddress: publicAddress,
          DeleteOnTermination: true,
        },
      ],
    };
  }
  return { ...(place.subnetId && { SubnetId: place.subnetId }), SecurityGroupIds: [...parts.groups] };
}

/** The RunInstances request for one place. */
export function runRequest(
  settings: LaunchSettings,
  parts: LaunchParts,
  place: Place,
  token: string,
): RunInstancesRequest {
  const { run } = settings;
  return {
    ...commonRequest(settings, parts),
    ...networkRequest(settings, parts, place),
    InstanceType: run.instance_type as NonNullable<RunInstancesRequest['InstanceType']>,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: token,
    Placement: placementRequest(settings, place),
    InstanceInitiatedShutdownBehavior: parts.shutdown,
    ...(run.enable_nitro_enclave && { EnclaveOptions: { Enabled: true } }),
    ...licenseRequest(settings),
    ...capacityRequest(settings),
    TagSpecifications: [
      ...tagSpecs(parts.instanceTags, 'instance' as const, 'network-interface' as const),
      ...tagSpecs(parts.volumeTags, 'volume' as const),
    ],
  };
}

function placementRequest({ run }: LaunchSettings, place: Place): NonNullable<RunInstancesRequest['Placement']> {
  const tenancy = run.placement?.tenancy || run.tenancy;
  return {
    ...(place.zone && { AvailabilityZone: place.zone }),
    ...(tenancy && { Tenancy: tenancy as 'default' | 'dedicated' | 'host' }),
    ...(run.placement?.host_id && { HostId: run.placement.host_id }),
    ...(run.placement?.host_resource_group_arn && { HostResourceGroupArn: run.placement.host_resource_group_arn }),
  };
}

function licenseRequest({ run }: LaunchSettings): Pick<RunInstancesRequest, 'LicenseSpecifications'> {
  const arns = (run.license_specifications ?? []).flatMap(
    one => one.license_configuration_request?.license_configuration_arn ?? [],
  );
  return arns.length > 0
    ? { LicenseSpecifications: arns.map(LicenseConfigurationArn => ({ LicenseConfigurationArn })) }
    : {};
}

/** A reservation is the whole request; a preference goes only without one. */
function capacityRequest({ run }: LaunchSettings): Pick<RunInstancesRequest, 'CapacityReservationSpecification'> {
  const id = run.capacity_reservation_id;
  const arn = run.capacity_reservation_group_arn;
  if (id || arn) {
    return {
      CapacityReservationSpecification: {
        CapacityReservationTarget: {
          ...(id && { CapacityReservationId: id }),
          ...(arn && { CapacityReservationResourceGroupArn: arn }),
        },
      },
    };
  }
  const preference = run.capacity_reservation_preference === 'open' ? 'open' : 'none';
  return { CapacityReservationSpecification: { CapacityReservationPreference: preference } };
}
