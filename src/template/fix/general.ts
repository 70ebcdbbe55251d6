import { builderFixer, has, isBoolean, isString, rename } from './fixer.ts';
import { isObject, type JsonObject } from './json.ts';

/** Fixers that look at builders of any type. */

export const isoMd5 = builderFixer('iso-md5', ['iso_md5'], undefined, builder => {
  const sum = builder.iso_md5;
  if (!isString(sum)) return;
  delete builder.iso_md5;
  builder.iso_checksum = sum;
  builder.iso_checksum_type = 'md5';
});

export const createTime = builderFixer('createtime', [], undefined, builder => {
  for (const key of ['ami_name', 'bundle_prefix', 'snapshot_name']) {
    const value = builder[key];
    if (isString(value)) builder[key] = value.replace(/\{\{\s*\.CreateTime\s*\}\}/g, '{{timestamp}}');
  }
});

export const sshKeyPath = builderFixer('sshkeypath', ['ssh_key_path'], undefined, builder =>
  rename(builder, 'ssh_key_path', 'ssh_private_key_file', { when: isString, keepNew: true }),
);

export const sshDisableAgent = builderFixer('sshdisableagent', ['ssh_disable_agent'], undefined, builder =>
  rename(builder, 'ssh_disable_agent', 'ssh_disable_agent_forwarding', { when: isBoolean, keepNew: true }),
);

export const sshWaitTimeout = builderFixer('ssh-wait-timeout', ['ssh_wait_timeout'], undefined, builder =>
  rename(builder, 'ssh_wait_timeout', 'ssh_timeout', {
    when: value => isString(value) || has(builder, 'ssh_timeout'),
    keepNew: true,
  }),
);

export const cleanImageName = builderFixer(
  'clean-image-name',
  ['clean_ami_name', 'clean_image_name'],
  undefined,
  builder => {
    renameFunction(builder);
    for (const value of Object.values(builder)) if (isObject(value)) renameFunction(value);
  },
);

function renameFunction(object: JsonObject): void {
  for (const [key, value] of Object.entries(object)) {
    if (isString(value)) object[key] = value.replace(/clean_(?:image|ami)_name/g, 'clean_resource_name');
  }
}

/** The type of a checksum, or the address of a file with it, goes into the checksum itself. */
export const isoChecksum = builderFixer(
  'iso-checksum-type-and-url',
  ['iso_checksum_url', 'iso_checksum_type'],
  undefined,
  builder => {
    const { iso_checksum: sum, iso_checksum_type: type, iso_checksum_url: url } = builder;
    if (isString(url) && url !== '') builder.iso_checksum = `file:${url}`;
    else if (isString(type) && type !== '' && isString(sum) && sum !== '') builder.iso_checksum = `${type}:${sum}`;
    delete builder.iso_checksum_type;
    delete builder.iso_checksum_url;
  },
);
