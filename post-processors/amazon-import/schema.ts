import { accessOptions, coreOptions } from '../../src/aws/options/index.ts';
import { accessRules } from '../../src/aws/rules/declared.ts';
import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const amazonImportOptions = {
  ...coreOptions,
  ...accessOptions,
  s3_bucket_name: option.string({ note: 'Existing bucket that the disk image is uploaded to.', required: true }),
  s3_key_name: option.string({
    note: 'Key of the uploaded object.',
    default: 'packer-import-{{timestamp}}.<format>',
    late: true,
  }),
  s3_encryption: option.string({ note: 'Server-side encryption of the upload.', allowed: ['', 'AES256', 'aws:kms'] }),
  s3_encryption_key: option.string({ note: 'KMS key of the upload; only with aws:kms.' }),
  skip_clean: option.boolean({ note: 'Leave the uploaded object in the bucket.', default: false }),
  format: option.string({
    note: 'Disk format, and the ending by which the file is found in the artifact.',
    default: 'ova',
    allowed: ['ova', 'raw', 'vmdk', 'vhd', 'vhdx'],
  }),
  architecture: option.string({ note: 'Architecture of the image: i386, x86_64 or arm64.', default: 'x86_64' }),
  boot_mode: option.string({
    note: 'Boot mode; uefi unless said otherwise for arm64, else legacy-bios.',
    allowed: ['legacy-bios', 'uefi'],
  }),
  platform: option.string({ note: 'Operating system; required with uefi.', allowed: ['', 'linux', 'windows'] }),
  license_type: option.string({ note: 'AWS or BYOL.' }),
  role_name: option.string({ note: 'Role of the import service; AWS takes vmimport when it is not given.' }),
  ami_name: option.string({ note: 'Name of the image; costs a copy, as imports cannot be named.' }),
  ami_description: option.string({ note: 'Description of the image.' }),
  ami_users: option.strings({ note: 'Accounts that may launch the image.' }),
  ami_groups: option.strings({ note: 'Groups that may launch the image.' }),
  ami_org_arns: option.strings({ note: 'Organizations that may launch the image.' }),
  ami_ou_arns: option.strings({ note: 'Organizational units that may launch the image.' }),
  ami_encrypt: option.boolean({ note: 'Encrypt the imported image.', default: false }),
  ami_kms_key: option.string({ note: 'KMS key of the image; only with ami_encrypt.' }),
  imds_support: option.string({ note: 'Metadata service version stamped on the image.', allowed: ['', 'v2.0'] }),
  tags: option.map({ note: 'Tags of the image and its snapshots.' }),
} as const;

export type AmazonImportOptions = OptionsOf<typeof amazonImportOptions>;

export const schema: OptionSchema = {
  options: amazonImportOptions,
  rules: [...accessRules],
};
