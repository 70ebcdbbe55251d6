import { checkAccess, checkBlockDevices, checkBoot, isEmpty } from '../../src/aws/rules/index.ts';
import { isKmsKey, KMS_HINT } from '../../src/aws/rules/kms.ts';
import type { PrepareContext } from '../../src/sdk/plugin.ts';
import type { ChrootOptions } from './schema.ts';

/** Rules beyond the declared ones (reference: amazon-chroot.json). */
export function checkOptions(options: ChrootOptions, context: PrepareContext): void {
  checkAccess(options, context);
  checkBoot(options, context);
  checkBlockDevices(options.ami_block_device_mappings, 'ami_block_device_mappings', context);
  for (const [index, mount] of (options.chroot_mounts ?? []).entries()) {
    if (mount.length === 3) continue;
    context.error(
      ['chroot_mounts', index],
      'bad-value',
      `an entry of chroot_mounts has ${mount.length} items, not three`,
      'write type, device and path, e.g. ["bind", "/srv", "/srv"]',
    );
  }
  if (options.from_scratch) checkFromScratch(options, context);
  else checkFromImage(options, context);
}

const FROM_SCRATCH = [
  'root_volume_size',
  'pre_mount_commands',
  'ami_virtualization_type',
  'root_device_name',
  'ami_block_device_mappings',
] as const;

function checkFromScratch(options: ChrootOptions, context: PrepareContext): void {
  for (const name of FROM_SCRATCH) {
    const value = options[name];
    if (typeof value === 'number' ? value > 0 : !isEmpty(value)) continue;
    context.error(['from_scratch'], 'missing-option', `from_scratch needs "${name}"`, `add "${name}"`);
  }
  for (const name of ['source_ami', 'source_ami_filter'] as const) {
    if (isEmpty(options[name])) continue;
    context.warning([name], 'unused-option', `${name} has no effect with from_scratch`, 'leave it out');
  }
  checkRootMapping(options, context);
  if (options.root_volume_type === 'io1') {
    context.error(
      ['root_volume_type'],
      'bad-value',
      'an io1 volume needs iops, which cannot be said for a volume from scratch',
      'use gp2 or gp3',
    );
  }
}

function checkFromImage(options: ChrootOptions, context: PrepareContext): void {
  const filter = options.source_ami_filter;
  if (!options.source_ami && isEmpty(filter?.filters) && isEmpty(filter?.owners)) {
    context.error(
      ['source_ami'],
      'missing-option',
      'nothing says which image to start from',
      'add source_ami or source_ami_filter, or set from_scratch',
    );
  }
  checkReplacedMappings(options, context);
  checkEncryption(options, context);
}

/** Mappings of one's own replace all of the source's, so they must say what the root is. */
function checkReplacedMappings(options: ChrootOptions, context: PrepareContext): void {
  const mapped = !isEmpty(options.ami_block_device_mappings);
  if (mapped && !options.root_device_name) {
    context.error(
      ['ami_block_device_mappings'],
      'missing-option',
      'ami_block_device_mappings do not say which of them is the root',
      'add root_device_name',
    );
  }
  if (options.root_device_name && !mapped) {
    context.error(
      ['root_device_name'],
      'missing-option',
      'root_device_name names a device of ami_block_device_mappings, which are missing',
      'add ami_block_device_mappings',
    );
  }
  if (!mapped || !options.root_device_name) return;
  checkRootMapping(options, context);
  if (!options.root_volume_size) {
    context.error(
      ['ami_block_device_mappings'],
      'missing-option',
      'the size of the root volume is not known with mappings of your own',
      'add root_volume_size',
    );
  }
  context.warning(
    ['ami_block_device_mappings'],
    'replaced-mappings',
    'ami_block_device_mappings replace all mappings of the source image, they do not add to them',
  );
}

function checkRootMapping(options: ChrootOptions, context: PrepareContext): void {
  const root = options.root_device_name;
  const devices = options.ami_block_device_mappings ?? [];
  if (!root || devices.length === 0 || devices.some(device => device.device_name === root)) return;
  context.warning(
    ['root_device_name'],
    'missing-root-device',
    `no mapping of ami_block_device_mappings is named ${root}; kiln adds one for the root volume`,
  );
}

function checkEncryption(options: ChrootOptions, context: PrepareContext): void {
  const key = options.root_volume_kms_key_id;
  if (!key) return;
  if (options.root_volume_encrypt_boot === false) {
    context.error(
      ['root_volume_kms_key_id'],
      'conflicting-options',
      'a KMS key is named for a root volume that is not to be encrypted',
      'set root_volume_encrypt_boot to true',
    );
  } else if (options.root_volume_encrypt_boot && !isKmsKey(key)) {
    context.error(['root_volume_kms_key_id'], 'bad-kms-key', `"${key}" does not name a KMS key`, KMS_HINT);
  }
}
