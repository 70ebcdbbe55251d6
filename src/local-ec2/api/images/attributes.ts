import { ApiError, invalidCombination, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import { list, oneOf, required, string, struct } from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import type { ImageRecord, LaunchPermission } from '../../store/model.ts';
import { action, DONE } from '../action.ts';
import { ownImageOf } from './describe.ts';
import { mappingXml } from './view.ts';

const attributeValue = struct({ Value: string });
const permissionItem = struct({
  UserId: string,
  Group: string,
  OrganizationArn: string,
  OrganizationalUnitArn: string,
});
type PermissionInput = Readonly<
  Record<'UserId' | 'Group' | 'OrganizationArn' | 'OrganizationalUnitArn', string | undefined>
>;

export const modifyImageAttribute = action(
  {
    ImageId: required(string),
    Attribute: string,
    Value: string,
    Description: attributeValue,
    ImdsSupport: attributeValue,
    LaunchPermission: struct({ Add: list(permissionItem), Remove: list(permissionItem) }),
    OperationType: oneOf('add', 'remove'),
    ProductCode: list(string),
    UserGroup: list(string),
    UserId: list(string),
    OrganizationArn: list(string),
    OrganizationalUnitArn: list(string),
  },
  (call, input) => {
    const image = ownImageOf(call, input.ImageId);
    const changes: (() => void)[] = [];
    const simple = [
      ...input.UserId.map(value => permission('user', value)),
      ...input.UserGroup.map(value => permission('group', value)),
      ...input.OrganizationArn.map(value => permission('org', value)),
      ...input.OrganizationalUnitArn.map(value => permission('ou', value)),
    ];
    // SDKs may repeat the same accounts in both forms, and give the operation in one only.
    if (simple.length > 0 && !(input.LaunchPermission && !input.OperationType)) {
      if (!input.OperationType) throw missingParameter('OperationType');
      const removes = input.OperationType === 'remove';
      changes.push(() => changePermissions(image, removes ? [] : simple, removes ? simple : []));
    }
    if (input.LaunchPermission && !(simple.length > 0 && input.OperationType)) {
      const add = input.LaunchPermission.Add.flatMap(permissionsOf);
      const remove = input.LaunchPermission.Remove.flatMap(permissionsOf);
      changes.push(() => changePermissions(image, add, remove));
    }
    if (input.ProductCode.length > 0)
      changes.push(() => {
        image.productCodes = [...new Set([...image.productCodes, ...input.ProductCode])];
      });
    const description =
      input.Description?.Value ?? (input.Attribute === 'description' ? (input.Value ?? '') : undefined);
    if (description !== undefined)
      changes.push(() => {
        image.description = description;
      });
    const imds = input.ImdsSupport?.Value ?? (input.Attribute === 'imdsSupport' ? input.Value : undefined);
    if (imds !== undefined) {
      if (imds !== 'v2.0')
        throw invalidParameter(`Value (${imds}) for parameter ImdsSupport is invalid. Valid values are: v2.0.`);
      changes.push(() => {
        image.imdsSupport = imds;
      });
    }
    if (changes.length === 0) throw missingParameter(input.Attribute ? 'Value' : 'Attribute');
    if (changes.length > 1) throw invalidCombination('Fields for multiple attribute types specified');
    changes[0]?.();
    call.world.touch();
    return DONE;
  },
);

function permission(kind: LaunchPermission['kind'], value: string): LaunchPermission {
  const valid = {
    user: /^\d{12}$/,
    group: /^all$/,
    org: /^arn:[a-z-]+:organizations::\d{12}:organization\/o-[a-z0-9]{10,32}$/,
    ou: /^arn:[a-z-]+:organizations::\d{12}:ou\/o-[a-z0-9]{10,32}\/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/,
  }[kind];
  if (!valid.test(value)) {
    const item = { user: 'userId', group: 'group', org: 'organizationArn', ou: 'organizationalUnitArn' }[kind];
    throw new ApiError(
      'InvalidAMIAttributeItemValue',
      `Invalid attribute item value "${value}" for ${item} item type.`,
    );
  }
  return { kind, value };
}

function permissionsOf(item: PermissionInput): LaunchPermission[] {
  const found: LaunchPermission[] = [];
  if (item.UserId !== undefined) found.push(permission('user', item.UserId));
  if (item.Group !== undefined) found.push(permission('group', item.Group));
  if (item.OrganizationArn !== undefined) found.push(permission('org', item.OrganizationArn));
  if (item.OrganizationalUnitArn !== undefined) found.push(permission('ou', item.OrganizationalUnitArn));
  return found;
}

function changePermissions(
  image: ImageRecord,
  add: readonly LaunchPermission[],
  remove: readonly LaunchPermission[],
): void {
  const same = (a: LaunchPermission, b: LaunchPermission): boolean => a.kind === b.kind && a.value === b.value;
  image.permissions = image.permissions.filter(one => !remove.some(other => same(one, other)));
  for (const one of add) if (!image.permissions.some(other => same(one, other))) image.permissions.push(one);
}

const ATTRIBUTES = [
  'description',
  'kernel',
  'ramdisk',
  'launchPermission',
  'productCodes',
  'blockDeviceMapping',
  'sriovNetSupport',
  'bootMode',
  'tpmSupport',
  'uefiData',
  'lastLaunchedTime',
  'imdsSupport',
  'deregistrationProtection',
] as const;

export const describeImageAttribute = action(
  { ImageId: required(string), Attribute: required(oneOf(...ATTRIBUTES)) },
  (call, input) => {
    const image = ownImageOf(call, input.ImageId);
    const value = (text: string | undefined): Xml => (text === undefined ? {} : { value: text });
    const shown: Record<(typeof ATTRIBUTES)[number], Xml> = {
      description: value(image.description),
      kernel: value(image.kernelId),
      ramdisk: value(image.ramdiskId),
      launchPermission: image.permissions.map(permissionXml),
      productCodes: image.productCodes.map(productCode => ({ productCode, type: 'marketplace' })),
      blockDeviceMapping: image.mappings.map(mappingXml),
      sriovNetSupport: value(image.sriovNetSupport),
      bootMode: value(image.bootMode),
      tpmSupport: value(image.tpmSupport),
      uefiData: value(image.uefiData),
      lastLaunchedTime: value(
        image.lastLaunchedAt === undefined ? undefined : new Date(image.lastLaunchedAt).toISOString(),
      ),
      imdsSupport: value(image.imdsSupport),
      deregistrationProtection: value(image.protection),
    };
    return { imageId: image.id, [input.Attribute]: shown[input.Attribute] };
  },
);

function permissionXml(one: LaunchPermission): Xml {
  const name = { user: 'userId', group: 'group', org: 'organizationArn', ou: 'organizationalUnitArn' }[one.kind];
  return { [name]: one.value };
}

export const resetImageAttribute = action(
  { ImageId: required(string), Attribute: required(oneOf('launchPermission')) },
  (call, input) => {
    ownImageOf(call, input.ImageId).permissions = [];
    call.world.touch();
    return DONE;
  },
);
