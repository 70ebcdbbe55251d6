import {
  accessOptions,
  amiMappingOptions,
  amiOptions,
  coreOptions,
  ec2CommunicatorOptions,
  fastLaunchOptions,
  imageExtraOptions,
  launchMappingOptions,
  removedOptions,
  runOptions,
  skipRunTagsOptions,
  snapshotOptions,
  volumeTagOptions,
} from '../../src/aws/options/index.ts';
import { accessRules, runRules } from '../../src/aws/rules/declared.ts';
import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const ebsOptions = {
  ...coreOptions,
  ...accessOptions,
  ...amiOptions,
  ...snapshotOptions,
  ...runOptions,
  ...ec2CommunicatorOptions,
  ...amiMappingOptions,
  ...launchMappingOptions,
  ...volumeTagOptions,
  ...skipRunTagsOptions,
  skip_create_ami: option.boolean({ note: 'Do everything but make no image.', default: false }),
  no_ephemeral: option.boolean({
    note: 'For Windows: keep the instance from getting ephemeral drives.',
    default: false,
  }),
  ...fastLaunchOptions,
  ...imageExtraOptions,
} as const;

export type EbsOptions = OptionsOf<typeof ebsOptions>;

export const schema: OptionSchema = {
  options: ebsOptions,
  rules: [...accessRules, ...runRules],
  removed: removedOptions,
};
