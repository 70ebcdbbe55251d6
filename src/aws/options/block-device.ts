import { type OptionsOf, option } from '../../sdk/options.ts';
import { nameValueFields } from './shared-blocks.ts';

export const blockDeviceFields = {
  device_name: option.string({ note: 'Path of the device as the instance sees it, e.g. `/dev/sdh`.', required: true }),
  delete_on_termination: option.boolean({
    note: 'Delete the volume with the instance; else it stays.',
    default: false,
  }),
  encrypted: option.tri({ note: 'Encrypt the volume or not; unset leaves it as its source was.' }),
  iops: option.integer({ note: 'Provisioned operations per second, for io1, io2 and gp3.', min: 0 }),
  no_device: option.boolean({ note: 'Leave this device of the source image out.', default: false }),
  snapshot_id: option.string({ note: 'Snapshot that the volume starts from.' }),
  throughput: option.integer({ note: 'MiB per second, for gp3.', min: 0 }),
  virtual_name: option.string({ note: 'Instance store to map, `ephemeral0` to `ephemeral23`.' }),
  volume_type: option.string({ note: 'Type of the EBS volume: gp2, gp3, io1, io2, st1, sc1 or standard.' }),
  volume_size: option.integer({ note: 'Size in GiB; needed when there is no snapshot.', min: 0 }),
  kms_key_id: option.string({ note: 'KMS key (id, ARN or alias) that encrypts the volume.' }),
} as const;

export const launchMappingOptions = {
  launch_block_device_mappings: option.blocks(blockDeviceFields, { note: 'Volumes of the temporary instance.' }),
} as const;

export const amiMappingOptions = {
  ami_block_device_mappings: option.blocks(blockDeviceFields, { note: 'Volumes that the image brings along.' }),
} as const;

export const volumeTagOptions = {
  run_volume_tags: option.map({ note: "Tags of the temporary instance's volumes.", late: true }),
  run_volume_tag: option.blocks(nameValueFields, {
    note: 'The same as run_volume_tags, one block for each.',
    late: true,
  }),
} as const;

export type BlockDevice = OptionsOf<typeof blockDeviceFields>;
