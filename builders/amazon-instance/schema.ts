import {
  accessOptions,
  amiMappingOptions,
  amiOptions,
  bootOptions,
  coreOptions,
  ec2CommunicatorOptions,
  launchMappingOptions,
  partialCopyOptions,
  removedOptions,
  runOptions,
  snapshotOptions,
} from '../../src/aws/options/index.ts';
import { accessRules, runRules } from '../../src/aws/rules/declared.ts';
import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

const UPLOAD_START = 'sudo -i -n ec2-upload-bundle -b {{.BucketName}} -m {{.ManifestPath}}';
const UPLOAD_END = '-d {{.BundleDirectory}} --batch --region {{.Region}} --retry';
export const UPLOAD_COMMAND = `${UPLOAD_START} -a {{.AccessKey}} -s {{.SecretKey}} ${UPLOAD_END}`;
/** With an instance profile the tool finds its credentials by itself. */
export const UPLOAD_COMMAND_WITH_PROFILE = `${UPLOAD_START} ${UPLOAD_END}`;
export const BUNDLE_COMMAND =
  'sudo -i -n ec2-bundle-vol -k {{.KeyPath}} -u {{.AccountId}} -c {{.CertPath}} -r {{.Architecture}} ' +
  '-e {{.PrivatePath}}/* -d {{.Destination}} -p {{.Prefix}} --batch --no-filter';

const bundleOptions = {
  account_id: option.string({ note: 'Account that owns the bundle; dashes do not matter.', required: true }),
  s3_bucket: option.string({
    note: 'Bucket that the bundle is uploaded to; the upload makes it when it is absent.',
    required: true,
  }),
  x509_cert_path: option.string({ note: 'File with the X.509 certificate that signs the bundle.', required: true }),
  x509_key_path: option.string({ note: 'File with its private key.', required: true }),
  x509_upload_path: option.string({ note: 'Folder on the machine for certificate and key.', default: '/tmp' }),
  bundle_destination: option.string({ note: 'Folder on the machine for the bundle.', default: '/tmp' }),
  bundle_prefix: option.string({ note: "Start of the names of the bundle's files.", default: 'image-{{timestamp}}' }),
  bundle_vol_command: option.string({
    note: 'Makes the bundle; knows AccountId, Architecture, CertPath, Destination, KeyPath, Prefix and PrivatePath.',
    default: BUNDLE_COMMAND,
    late: true,
  }),
  bundle_upload_command: option.string({
    note:
      'Uploads the bundle; knows AccessKey, BucketName, BundleDirectory, ManifestPath, Region, SecretKey and Token. ' +
      'The default leaves the keys out when iam_instance_profile is set.',
    default: UPLOAD_COMMAND,
    late: true,
  }),
} as const;

export const instanceOptions = {
  ...coreOptions,
  ...accessOptions,
  ...amiOptions,
  ...snapshotOptions,
  ...runOptions,
  ...ec2CommunicatorOptions,
  ...amiMappingOptions,
  ...launchMappingOptions,
  tpm_support: bootOptions.tpm_support,
  ...bundleOptions,
  ...partialCopyOptions,
} as const;

export type InstanceOptions = OptionsOf<typeof instanceOptions>;

export const schema: OptionSchema = {
  options: instanceOptions,
  rules: [...accessRules, ...runRules],
  removed: removedOptions,
};
