import {
  accessOptions,
  amiMappingOptions,
  amiOptions,
  blockDeviceFields,
  bootOptions,
  coreOptions,
  ec2CommunicatorOptions,
  partialCopyOptions,
  removedOptions,
  runOptions,
  skipRunTagsOptions,
  snapshotOptions,
  volumeTagOptions,
} from '../../src/aws/options/index.ts';
import { accessRules, runRules } from '../../src/aws/rules/declared.ts';
import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

const launchDeviceFields = {
  ...blockDeviceFields,
  omit_from_artifact: option.boolean({ note: 'Leave this volume out of the image.', default: false }),
} as const;

const NOT_APPLIED = 'Checked but without effect: set it on the launch mapping.';

const rootDeviceFields = {
  source_device_name: option.string({
    note: 'Device of launch_block_device_mappings that becomes the root.',
    required: true,
  }),
  device_name: option.string({ note: 'Name of the root device in the image.', required: true }),
  delete_on_termination: option.boolean({ note: NOT_APPLIED, default: false }),
  iops: option.integer({ note: NOT_APPLIED, min: 0 }),
  volume_type: option.string({ note: NOT_APPLIED }),
  volume_size: option.integer({ note: NOT_APPLIED, min: 0 }),
} as const;

export const surrogateOptions = {
  ...coreOptions,
  ...accessOptions,
  ...runOptions,
  ...amiOptions,
  ami_virtualization_type: option.string({
    note: 'Virtualization of the image.',
    allowed: ['paravirtual', 'hvm'],
    required: true,
  }),
  ...snapshotOptions,
  ...ec2CommunicatorOptions,
  ...amiMappingOptions,
  ...volumeTagOptions,
  ...skipRunTagsOptions,
  ...bootOptions,
  snapshot_description: option.string({
    note: 'Description of the snapshots.',
    default: 'Packer: <current time>',
  }),
  use_create_image: option.boolean({
    note: 'Swap the root volume of the stopped instance and have EC2 make the image of it.',
    default: false,
  }),
  launch_block_device_mappings: option.blocks(launchDeviceFields, {
    note: 'Volumes of the temporary instance; one of them becomes the root of the image.',
  }),
  ami_root_device: option.block(rootDeviceFields, {
    note: 'Which volume becomes the root of the image.',
    required: true,
  }),
  ...partialCopyOptions,
} as const;

export type SurrogateOptions = OptionsOf<typeof surrogateOptions>;

export const schema: OptionSchema = {
  options: surrogateOptions,
  rules: [...accessRules, ...runRules],
  removed: removedOptions,
};
