import { builderFixer, isString, rename, types } from './fixer.ts';
import { isObject } from './json.ts';

/** Fixers for builders of other clouds. */

export const scalewayAccessKey = builderFixer('scaleway-access-key', ['access_key'], types('scaleway'), builder =>
  rename(builder, 'access_key', 'organization_id', { when: isString, keepNew: true }),
);

export const azureExcludeFromLatest = builderFixer(
  'azure-exclude_from_latest',
  ['exlude_from_latest'],
  type => type.startsWith('azure-chroot'),
  builder => {
    const destination = builder.shared_image_destination;
    if (isObject(destination)) rename(destination, 'exlude_from_latest', 'exclude_from_latest');
  },
);

export const proxmoxType = builderFixer('proxmox-type', [], types('proxmox'), builder => {
  builder.type = 'proxmox-iso';
});
