import { messageOf } from '../../../sdk/errors.ts';
import { ApiError, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import {
  blockDeviceMappings,
  boolean,
  list,
  oneOf,
  required,
  string,
  tagSpecifications,
} from '../../protocol/params.ts';
import { newId } from '../../store/ids.ts';
import type { ImageRecord } from '../../store/model.ts';
import { action, type Call } from '../action.ts';
import { find, peek } from '../kinds.ts';
import { deleteSnapshotRecord, snapshotUser } from '../snapshots/delete.ts';
import { tagsFor } from '../tagging.ts';
import { ownImageOf } from './describe.ts';
import { mergeMappings } from './mappings.ts';
import { checkImageName } from './names.ts';

/** RegisterImage: an image of existing snapshots (or, by location, of an S3 bundle, which is only noted). */
export const registerImage = action(
  {
    Name: required(string),
    Description: string,
    Architecture: oneOf('i386', 'x86_64', 'arm64', 'x86_64_mac', 'arm64_mac'),
    RootDeviceName: string,
    BlockDeviceMapping: blockDeviceMappings,
    VirtualizationType: oneOf('hvm', 'paravirtual'),
    SriovNetSupport: oneOf('simple'),
    EnaSupport: boolean,
    KernelId: string,
    RamdiskId: string,
    ImageLocation: string,
    BillingProduct: list(string),
    BootMode: oneOf('legacy-bios', 'uefi', 'uefi-preferred'),
    TpmSupport: oneOf('v2.0'),
    UefiData: string,
    ImdsSupport: oneOf('v2.0'),
    TagSpecification: tagSpecifications,
  },
  (call, input) => {
    checkImageName(call, input.Name);
    if (input.TpmSupport && input.BootMode !== 'uefi')
      throw new ApiError('InvalidParameterCombination', "TpmSupport requires the boot mode 'uefi'");
    const mappings = mergeMappings([], input.BlockDeviceMapping, id => {
      const snapshot = find(call, 'snapshots', id);
      if (snapshot.state !== 'completed')
        throw new ApiError('IncorrectState', `Snapshot ${id} is in an invalid state - ${snapshot.state}`);
      return snapshot;
    });
    const rootDeviceName = input.RootDeviceName || (input.ImageLocation ? '/dev/sda1' : undefined);
    if (!rootDeviceName) throw missingParameter('RootDeviceName');
    const root = mappings.find(one => one.device === rootDeviceName);
    if (!input.ImageLocation && !root?.ebs?.snapshotId)
      throw new ApiError(
        'InvalidBlockDeviceMapping',
        `The root device ${rootDeviceName} of the image must be an EBS volume with a snapshot`,
      );
    const { accountId } = call.world;
    const rootSnapshot = peek(call, 'snapshots', root?.ebs?.snapshotId);
    const image: ImageRecord = {
      id: newId('ami'),
      tags: tagsFor(input.TagSpecification, 'image', ['image', 'snapshot']),
      createdAt: call.world.now(),
      state: 'available',
      name: input.Name,
      ...(input.Description && { description: input.Description }),
      location: input.ImageLocation || `${accountId}/${input.Name}`,
      ownerId: accountId,
      architecture: input.Architecture ?? 'i386',
      rootDeviceName,
      rootDeviceType: input.ImageLocation ? 'instance-store' : 'ebs',
      virtualizationType: input.VirtualizationType ?? 'paravirtual',
      mappings,
      permissions: [],
      productCodes: [],
      enaSupport: input.EnaSupport ?? false,
      ...(input.SriovNetSupport && { sriovNetSupport: input.SriovNetSupport }),
      ...(input.BootMode && { bootMode: input.BootMode }),
      ...(input.TpmSupport && { tpmSupport: input.TpmSupport }),
      ...(input.ImdsSupport && { imdsSupport: input.ImdsSupport }),
      ...(input.UefiData && { uefiData: input.UefiData }),
      ...(input.KernelId && { kernelId: input.KernelId }),
      ...(input.RamdiskId && { ramdiskId: input.RamdiskId }),
      protection: 'disabled',
      loginUser: rootSnapshot?.loginUser ?? 'ec2-user',
      standIn: false,
      imported: false,
    };
    call.state.images[image.id] = image;
    call.world.touch();
    return { imageId: image.id };
  },
);

export const deregisterImage = action(
  { ImageId: required(string), DeleteAssociatedSnapshots: boolean },
  (call, input) => {
    const image = ownImageOf(call, input.ImageId);
    if (image.protection !== 'disabled')
      throw new ApiError(
        'OperationNotPermitted',
        `The AMI ${image.id} cannot be deregistered: deregistration protection is enabled`,
      );
    removeImageRecord(call, image);
    const results = input.DeleteAssociatedSnapshots ? deleteSnapshotsOf(call, image) : undefined;
    return { return: true, deleteSnapshotResultSet: results };
  },
);

export function removeImageRecord(call: Pick<Call, 'state' | 'world'>, image: ImageRecord): void {
  call.world.lifecycle.cancel(image.id);
  delete call.state.images[image.id];
  call.state.goneImages[image.id] = call.world.now();
  call.world.touch();
}

function deleteSnapshotsOf(call: Call, image: ImageRecord): { snapshotId: string; returnCode: string }[] {
  return image.mappings.flatMap(({ ebs }) => {
    const snapshot = peek(call, 'snapshots', ebs?.snapshotId);
    if (!snapshot) return [];
    if (snapshotUser(call.state, snapshot.id)) return [{ snapshotId: snapshot.id, returnCode: 'skipped' }];
    deleteSnapshotRecord(call, snapshot).catch((error: unknown) => call.world.notice(messageOf(error)));
    return [{ snapshotId: snapshot.id, returnCode: 'success' }];
  });
}

/** Ten years: EC2's limit for a public image is two, for others ten. */
const LATEST_DEPRECATION = 10 * 366 * 24 * 3_600_000;

export const deprecationActions = {
  EnableImageDeprecation: action({ ImageId: required(string), DeprecateAt: required(string) }, (call, input) => {
    const image = ownImageOf(call, input.ImageId);
    const at = Date.parse(input.DeprecateAt);
    if (Number.isNaN(at))
      throw invalidParameter(
        `Value (${input.DeprecateAt}) for parameter DeprecateAt is invalid. Expecting an ISO 8601 time.`,
      );
    const now = call.world.now();
    if (at < now) throw invalidParameter(`The deprecation time ${input.DeprecateAt} is in the past`);
    if (at > now + LATEST_DEPRECATION)
      throw invalidParameter(`The deprecation time ${input.DeprecateAt} is more than 10 years from now`);
    // EC2 rounds to the nearest minute.
    image.deprecationTime = Math.round(at / 60_000) * 60_000;
    call.world.touch();
    return { return: true };
  }),
  DisableImageDeprecation: action({ ImageId: required(string) }, (call, input) => {
    delete ownImageOf(call, input.ImageId).deprecationTime;
    call.world.touch();
    return { return: true };
  }),
  EnableImageDeregistrationProtection: action({ ImageId: required(string), WithCooldown: boolean }, (call, input) => {
    const image = ownImageOf(call, input.ImageId);
    image.protection = input.WithCooldown ? 'enabled-with-cooldown' : 'enabled-without-cooldown';
    call.world.touch();
    return { return: image.protection };
  }),
  DisableImageDeregistrationProtection: action({ ImageId: required(string) }, (call, input) => {
    const image = ownImageOf(call, input.ImageId);
    // With a cooldown the image stays protected for another 24 hours; here it is freed at once, so that stores can be emptied.
    image.protection = 'disabled';
    call.world.touch();
    return { return: 'disabled' };
  }),
};
