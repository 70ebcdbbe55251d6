import type { Xml } from '../../protocol/xml.ts';
import type { ImageMapping, ImageRecord } from '../../store/model.ts';
import type { Call } from '../action.ts';
import { type FilterTable, isoTime } from '../filters.ts';
import { tagSet } from '../tagging.ts';

export function isPublic(image: ImageRecord): boolean {
  return image.permissions.some(one => one.kind === 'group' && one.value === 'all');
}

/** An image as DescribeImages shows it. */
export function imageXml(image: ImageRecord): Xml {
  return {
    imageId: image.id,
    imageLocation: image.location,
    imageState: image.state,
    imageOwnerId: image.ownerId,
    creationDate: new Date(image.createdAt),
    isPublic: isPublic(image),
    productCodes: image.productCodes.map(productCode => ({ productCode, type: 'marketplace' })),
    architecture: image.architecture,
    imageType: 'machine',
    kernelId: image.kernelId,
    ramdiskId: image.ramdiskId,
    platform: image.platform,
    platformDetails: image.platform === 'windows' ? 'Windows' : 'Linux/UNIX',
    usageOperation: image.platform === 'windows' ? 'RunInstances:0002' : 'RunInstances',
    stateReason: image.stateReason && { ...image.stateReason },
    imageOwnerAlias: image.ownerAlias,
    name: image.name,
    description: image.description,
    rootDeviceType: image.rootDeviceType,
    rootDeviceName: image.rootDeviceName,
    blockDeviceMapping: image.mappings.map(mappingXml),
    virtualizationType: image.virtualizationType,
    tagSet: tagSet(image.tags),
    hypervisor: 'xen',
    enaSupport: image.enaSupport,
    sriovNetSupport: image.sriovNetSupport,
    bootMode: image.bootMode,
    tpmSupport: image.tpmSupport,
    imdsSupport: image.imdsSupport,
    deprecationTime: image.deprecationTime === undefined ? undefined : new Date(image.deprecationTime),
    deregistrationProtection: image.protection,
    lastLaunchedTime: image.lastLaunchedAt === undefined ? undefined : new Date(image.lastLaunchedAt),
    sourceInstanceId: image.sourceInstanceId,
    sourceImageId: image.sourceImageId,
    sourceImageRegion: image.sourceImageRegion,
  };
}

export function mappingXml(mapping: ImageMapping): Xml {
  const { device, virtualName, ebs } = mapping;
  return {
    deviceName: device,
    virtualName,
    ebs: ebs && {
      snapshotId: ebs.snapshotId,
      volumeSize: ebs.size,
      deleteOnTermination: ebs.deleteOnTermination,
      volumeType: ebs.type,
      iops: ebs.iops,
      throughput: ebs.throughput,
      kmsKeyId: ebs.kmsKeyId,
      encrypted: ebs.encrypted,
    },
  };
}

const ebsOf = (image: ImageRecord): readonly NonNullable<ImageMapping['ebs']>[] =>
  image.mappings.flatMap(one => one.ebs ?? []);

/** The filters of DescribeImages. */
export const IMAGE_FILTERS: FilterTable<ImageRecord> = {
  architecture: image => image.architecture,
  'block-device-mapping.delete-on-termination': image => ebsOf(image).map(ebs => String(ebs.deleteOnTermination)),
  'block-device-mapping.device-name': image => image.mappings.map(one => one.device),
  'block-device-mapping.snapshot-id': image => ebsOf(image).map(ebs => ebs.snapshotId),
  'block-device-mapping.volume-size': image => ebsOf(image).map(ebs => String(ebs.size)),
  'block-device-mapping.volume-type': image => ebsOf(image).map(ebs => ebs.type),
  'block-device-mapping.encrypted': image => ebsOf(image).map(ebs => String(ebs.encrypted)),
  'creation-date': image => isoTime(image.createdAt),
  description: image => image.description,
  'ena-support': image => image.enaSupport,
  hypervisor: () => 'xen',
  'image-id': image => image.id,
  'image-type': () => 'machine',
  'is-public': isPublic,
  'kernel-id': image => image.kernelId,
  'manifest-location': image => image.location,
  name: image => image.name,
  'owner-alias': image => image.ownerAlias,
  'owner-id': image => image.ownerId,
  platform: image => image.platform,
  'product-code': image => image.productCodes,
  'product-code.type': image => image.productCodes.map(() => 'marketplace'),
  'ramdisk-id': image => image.ramdiskId,
  'root-device-name': image => image.rootDeviceName,
  'root-device-type': image => image.rootDeviceType,
  'source-image-id': image => image.sourceImageId,
  'source-image-region': image => image.sourceImageRegion,
  'source-instance-id': image => image.sourceInstanceId,
  'sriov-net-support': image => image.sriovNetSupport,
  state: image => image.state,
  'state-reason-code': image => image.stateReason?.code,
  'state-reason-message': image => image.stateReason?.message,
  'virtualization-type': image => image.virtualizationType,
  'boot-mode': image => image.bootMode,
  'imds-support': image => image.imdsSupport,
  'tpm-support': image => image.tpmSupport,
};

/** Whether the account owns the image. */
export function isOwn(call: Pick<Call, 'world'>, image: ImageRecord): boolean {
  return image.ownerId === call.world.accountId;
}
