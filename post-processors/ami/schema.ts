import {
  amiMappingOptions,
  amiOptions,
  fastLaunchOptions,
  imageExtraOptions,
  skipRunTagsOptions,
  snapshotOptions,
} from '../../src/aws/options/index.ts';
import type { OptionSchema, OptionsOf } from '../../src/sdk/options.ts';

export const amiPostProcessorOptions = {
  ...amiOptions,
  ...snapshotOptions,
  ...amiMappingOptions,
  ...skipRunTagsOptions,
  ...fastLaunchOptions,
  ...imageExtraOptions,
} as const;

export type AmiPostProcessorOptions = OptionsOf<typeof amiPostProcessorOptions>;

export const schema: OptionSchema = { options: amiPostProcessorOptions };
