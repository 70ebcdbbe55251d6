import {
  accessOptions,
  amiOptions,
  blockDeviceFields,
  coreOptions,
  ec2CommunicatorOptions,
  keyValueFields,
  removedOptions,
  runOptions,
} from '../../src/aws/options/index.ts';
import { accessRules, runRules } from '../../src/aws/rules/declared.ts';
import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

const volumeFields = {
  ...blockDeviceFields,
  tags: option.map({ note: 'Tags of the finished volume.', late: true }),
  tag: option.blocks(keyValueFields, { note: 'The same as tags, one block for each.', late: true }),
  snapshot_volume: option.boolean({ note: 'Make a snapshot of the finished volume.', default: false }),
  snapshot_description: option.string({ note: 'Description of the snapshot.', default: 'Packer: <current time>' }),
  snapshot_tags: option.map({ note: 'Tags of the snapshot.', late: true }),
  snapshot_tag: option.blocks(keyValueFields, { note: 'The same as snapshot_tags, one block for each.', late: true }),
  snapshot_users: option.strings({ note: 'Accounts that may make volumes of the snapshot.' }),
  snapshot_groups: option.strings({ note: 'Groups that may make volumes of the snapshot; `all` makes it public.' }),
} as const;

export const ebsVolumeOptions = {
  ...coreOptions,
  ...accessOptions,
  ...runOptions,
  ...ec2CommunicatorOptions,
  ena_support: amiOptions.ena_support,
  sriov_support: amiOptions.sriov_support,
  ebs_volumes: option.blocks(volumeFields, { note: 'The volumes to make: attached to the instance, and kept.' }),
  run_volume_tags: option.map({
    note: "Tags of the temporary instance's volumes; taken off ebs_volumes once it runs.",
    late: true,
  }),
  run_volume_tag: option.blocks(keyValueFields, {
    note: 'The same as run_volume_tags, one block for each.',
    late: true,
  }),
} as const;

export type EbsVolumeOptions = OptionsOf<typeof ebsVolumeOptions>;
export type EbsVolume = OptionsOf<typeof volumeFields>;

export const schema: OptionSchema = {
  options: ebsVolumeOptions,
  rules: [...accessRules, ...runRules],
  removed: removedOptions,
};
