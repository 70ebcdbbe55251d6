/** The option tables that the Amazon components are composed of. */
export { type AccessOptions, accessOptions } from './access.ts';
export {
  type AmiOptions,
  amiOptions,
  imageExtraOptions,
  partialCopyOptions,
  type SnapshotOptions,
  skipRunTagsOptions,
  snapshotOptions,
} from './ami.ts';
export {
  amiMappingOptions,
  type BlockDevice,
  blockDeviceFields,
  launchMappingOptions,
  volumeTagOptions,
} from './block-device.ts';
export { type BootOptions, bootOptions } from './boot.ts';
export { type Ec2CommunicatorOptions, ec2CommunicatorOptions } from './communicator.ts';
export { coreOptions } from './core.ts';
export { type FastLaunchOptions, fastLaunchOptions } from './fast-launch.ts';
export { removedOptions } from './removed.ts';
export {
  type MetadataOptions,
  type PolicyDocumentOptions,
  policyDocumentFields,
  type RunOptions,
  runExtraOptions,
  runOptions,
  type SubnetFilterOptions,
} from './run.ts';
export {
  type FilterOptions,
  filterFields,
  type ImageFilterOptions,
  imageFilterFields,
  type KeyValue,
  keyValueFields,
  type NameValue,
  nameValueFields,
} from './shared-blocks.ts';
