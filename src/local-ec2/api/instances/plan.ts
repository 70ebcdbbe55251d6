import { type InstanceType, instanceType } from '../../instance-types.ts';
import { ApiError, invalidCombination, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import { profileForLaunch } from '../../services/iam/profiles.ts';
import { tellStandIn } from '../../stand-ins.ts';
import type {
  ImageMapping,
  ImageRecord,
  InstanceRecord,
  KeyPairRecord,
  MetadataOptions,
  Tags,
} from '../../store/model.ts';
import type { Call } from '../action.ts';
import { kmsKeyArn } from '../encryption.ts';
import { imageOf } from '../images/describe.ts';
import { mergeMappings } from '../images/mappings.ts';
import { keyPairOf } from '../key-pairs.ts';
import { find } from '../kinds.ts';
import { tagsFor } from '../tagging.ts';
import type { LaunchParameters } from './fields.ts';
import { type NetworkPlan, noCapacity, planNetwork } from './placement.ts';

/** A launch whose parameters are all found good; nothing exists yet. */
export interface LaunchPlan {
  readonly input: LaunchParameters;
  readonly image: ImageRecord;
  readonly type: InstanceType;
  readonly network: NetworkPlan;
  readonly key: KeyPairRecord | undefined;
  readonly profile: InstanceRecord['profile'];
  readonly mappings: ImageMapping[];
  readonly userData: string | undefined;
  readonly spot: boolean;
  readonly metadata: MetadataOptions;
  readonly tags: Record<'instance' | 'volume' | 'network-interface' | 'spot-instances-request', Tags>;
}

const TAGGABLE = ['instance', 'volume', 'network-interface', 'spot-instances-request'] as const;
/** EC2's limit on user data, bytes before encoding. */
const MAX_USER_DATA = 16_384;

/** Checks a launch from end to end. Throws what RunInstances would answer. */
export function planLaunch(call: Call, input: LaunchParameters): LaunchPlan {
  if (!input.ImageId) throw missingParameter('ImageId');
  const tags = {
    instance: tagsFor(input.TagSpecification, 'instance', TAGGABLE),
    volume: tagsFor(input.TagSpecification, 'volume', TAGGABLE),
    'network-interface': tagsFor(input.TagSpecification, 'network-interface', TAGGABLE),
    'spot-instances-request': tagsFor(input.TagSpecification, 'spot-instances-request', TAGGABLE),
  };
  const image = imageOf(call, input.ImageId);
  if (image.state !== 'available')
    throw new ApiError('InvalidAMIID.Unavailable', `The image ID '${image.id}' is not available: it is ${image.state}`);
  if (image.rootDeviceType !== 'ebs')
    throw new ApiError(
      'UnsupportedOperation',
      `The embedded EC2 cannot launch '${image.id}': its root device is in the instance store`,
    );
  const type = instanceType(input.InstanceType || 'm1.small');
  if (!type) throw invalidParameter(`Invalid value '${input.InstanceType}' for InstanceType.`);
  const architecture = image.architecture === 'i386' ? 'x86_64' : image.architecture;
  if (image.standIn) tellStandIn(call, image);
  if (!image.standIn && architecture !== type.architecture)
    throw invalidParameter(
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. ` +
        'Specify an instance type and an AMI that have matching architectures, and try again.',
    );
  checkOptions(input, type);
  const network = planNetwork(call, input, type);
  const key = input.KeyName ? keyPairOf(call, input.KeyName) : undefined;
  const wanted = input.IamInstanceProfile;
  // Older SDKs send an empty name for none.
  const profile = wanted?.Name || wanted?.Arn ? profileForLaunch(call, wanted) : undefined;
  const mappings = mergeMappings(image.mappings, input.BlockDeviceMapping, id => find(call, 'snapshots', id));
  for (const { ebs } of mappings) if (ebs?.encrypted) ebs.kmsKeyId = kmsKeyArn(call, ebs.kmsKeyId);
  if (!mappings.some(one => one.device === image.rootDeviceName && one.ebs))
    throw new ApiError('InvalidBlockDeviceMapping', `The root device ${image.rootDeviceName} may not be left out`);
  return {
    input,
    image,
    type,
    network,
    key,
    profile,
    mappings,
    userData: checkUserData(input.UserData),
    spot: input.InstanceMarketOptions?.MarketType === 'spot',
    metadata: metadataOf(input, image),
    tags,
  };
}

/** Refuses when the fault plan says that there is no capacity. */
export function checkCapacity(call: Call, plan: LaunchPlan): void {
  const zone = plan.network.subnet.zone;
  if (call.world.faults.lacksCapacity(plan.type.name, zone, plan.spot ? 'spot' : 'on-demand'))
    throw noCapacity(call, plan.type.name, zone);
}

function checkOptions(input: LaunchParameters, type: InstanceType): void {
  if (input.CreditSpecification && !type.burstable)
    throw invalidCombination(`The parameter CreditSpecification is not supported for the instance type '${type.name}'`);
  const reservation = input.CapacityReservationSpecification;
  const target = reservation?.CapacityReservationTarget;
  if (
    reservation?.CapacityReservationPreference !== undefined &&
    target &&
    reservation.CapacityReservationPreference !== 'capacity-reservations-only'
  )
    throw invalidCombination(
      'The parameters CapacityReservationPreference and CapacityReservationTarget may not be used together',
    );
  if (target?.CapacityReservationId && target.CapacityReservationResourceGroupArn)
    throw invalidCombination('Specify a capacity reservation ID or a resource group ARN, not both');
  if (target?.CapacityReservationId && !/^cr-[0-9a-f]+$/.test(target.CapacityReservationId))
    throw new ApiError(
      'InvalidCapacityReservationId.Malformed',
      `Invalid id: "${target.CapacityReservationId}" (expecting "cr-...")`,
    );
  const { Placement } = input;
  if (Placement?.HostId && !/^h-[0-9a-f]+$/.test(Placement.HostId))
    throw new ApiError('InvalidHostID.Malformed', `Invalid id: "${Placement.HostId}" (expecting "h-...")`);
  if (Placement?.HostId && Placement.Tenancy !== undefined && Placement.Tenancy !== 'host')
    throw invalidCombination(`The tenancy '${Placement.Tenancy}' may not be used with a host ID`);
  if (input.EnclaveOptions?.Enabled && (type.burstable || type.vcpus < 4))
    throw invalidCombination(`The instance type '${type.name}' does not support Nitro Enclaves`);
  for (const { LicenseConfigurationArn: arn } of input.LicenseSpecification)
    if (!/^arn:[a-z-]+:license-manager:/.test(arn))
      throw invalidParameter(`Invalid license configuration ARN '${arn}'`);
  const price = input.InstanceMarketOptions?.SpotOptions?.MaxPrice;
  if (price !== undefined && !(Number(price) > 0))
    throw invalidParameter(`Invalid value '${price}' for spot price. It must be a positive number.`);
  const hops = input.MetadataOptions?.HttpPutResponseHopLimit;
  if (hops !== undefined && (hops < 1 || hops > 64))
    throw invalidParameter(
      `Value (${hops}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64.`,
    );
}

function checkUserData(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const packed = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(packed) || packed.length % 4 === 1)
    throw new ApiError('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  if (Buffer.byteLength(packed, 'base64') > MAX_USER_DATA)
    throw invalidParameter(`User data is limited to ${MAX_USER_DATA} bytes`);
  return packed;
}

function metadataOf(input: LaunchParameters, image: ImageRecord): MetadataOptions {
  const options = input.MetadataOptions;
  return {
    // An image that says v2.0 makes its instances require tokens, unless the launch says otherwise.
    httpTokens: options?.HttpTokens ?? (image.imdsSupport === 'v2.0' ? 'required' : 'optional'),
    httpPutResponseHopLimit: options?.HttpPutResponseHopLimit ?? (image.imdsSupport === 'v2.0' ? 2 : 1),
    httpEndpoint: options?.HttpEndpoint ?? 'enabled',
    httpProtocolIpv6: options?.HttpProtocolIpv6 ?? 'disabled',
    instanceMetadataTags: options?.InstanceMetadataTags ?? 'disabled',
  };
}
