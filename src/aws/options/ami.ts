import { type OptionsOf, option } from '../../sdk/options.ts';
import { keyValueFields } from './shared-blocks.ts';

const protectionFields = {
  enabled: option.boolean({ note: 'Switch the protection on.', default: false }),
  with_cooldown: option.boolean({
    note: 'Keep protecting for 24 hours after it is switched off; switches it on too.',
    default: false,
  }),
} as const;

/** What the finished image is called, who may use it and where it goes. */
export const amiOptions = {
  ami_name: option.string({
    note: 'Name of the image; 3 to 128 characters, not yet used in the account and region.',
    required: true,
  }),
  ami_description: option.string({ note: 'Description of the image in every region.', late: true }),
  ami_virtualization_type: option.string({
    note: 'Virtualization of the image.',
    allowed: ['paravirtual', 'hvm'],
  }),
  ami_users: option.strings({ note: 'Accounts that may launch the image.' }),
  ami_groups: option.strings({ note: 'Groups that may launch the image; `all` makes it public.' }),
  ami_org_arns: option.strings({ note: 'Organizations that may launch the image.' }),
  ami_ou_arns: option.strings({ note: 'Organizational units that may launch the image.' }),
  ami_product_codes: option.strings({ note: 'Marketplace product codes of the image.' }),
  ami_regions: option.strings({ note: 'More regions to copy the image to.' }),
  skip_region_validation: option.boolean({
    note: 'Do not check the region names against those the account has.',
    default: false,
  }),
  snapshot_copy_duration_minutes: option.integer({
    note: 'Have copies finished within this time (a paid service of EBS); multiples of 15.',
    min: 0,
  }),
  tags: option.map({ note: 'Tags of the image and its snapshots, in every region.', late: true }),
  tag: option.blocks(keyValueFields, { note: 'The same as tags, one block for each.', late: true }),
  ena_support: option.tri({ note: 'Switch enhanced networking (ENA) of the image on or off.' }),
  sriov_support: option.boolean({ note: 'Switch enhanced networking (SR-IOV) of the image on.', default: false }),
  force_deregister: option.boolean({
    note: 'Replace images of the same name; kiln removes the old one only after the new snapshot is complete.',
    default: false,
  }),
  force_delete_snapshot: option.boolean({
    note: 'With force_deregister, delete the snapshots of the replaced images too.',
    default: false,
  }),
  encrypt_boot: option.tri({ note: 'Encrypt the image by copying it; unset leaves it as its source was.' }),
  kms_key_id: option.string({
    note: 'KMS key of the encrypted image in the build region; the default EBS key when empty.',
  }),
  region_kms_key_ids: option.map({
    note: "KMS key of each region's copy; an empty string picks that region's default key.",
    keepEmpty: true,
  }),
  skip_save_build_region: option.boolean({
    note: 'Keep the image in ami_regions only.',
    default: false,
  }),
  imds_support: option.string({
    note: 'Metadata service version that instances of the image use.',
    allowed: ['', 'v2.0'],
  }),
  deprecate_at: option.string({ note: 'When the image counts as deprecated; RFC 3339, UTC.' }),
  deregistration_protection: option.block(protectionFields, {
    note: 'Protect the image from being deregistered.',
  }),
} as const;

/** Tags and sharing of the snapshots behind the image. */
export const snapshotOptions = {
  snapshot_tags: option.map({ note: 'Tags of the snapshots only; they win over tags.', late: true }),
  snapshot_tag: option.blocks(keyValueFields, { note: 'The same as snapshot_tags, one block for each.', late: true }),
  snapshot_users: option.strings({ note: 'Accounts that may make volumes of the snapshots.' }),
  snapshot_groups: option.strings({
    note: 'Groups that may make volumes of the snapshots; `all` makes them public.',
  }),
} as const;

/** What kiln adds to Packer's options of every image. */
export const partialCopyOptions = {
  allow_partial_copy: option.boolean({
    note: 'Keep the image where it is made and published although that fails in regions besides the build region (a kiln addition).',
    default: false,
  }),
} as const;

/** What kiln adds to Packer's options of an image made of an instance. */
export const imageExtraOptions = {
  snapshot_first: option.boolean({
    note: 'Complete the snapshots before the image is registered, even without force_deregister (a kiln addition).',
    default: false,
  }),
  ...partialCopyOptions,
} as const;

export const skipRunTagsOptions = {
  skip_ami_run_tags: option.boolean({
    note: 'Do not put run_tags on the image and its snapshots.',
    default: false,
  }),
} as const;

export type AmiOptions = OptionsOf<typeof amiOptions>;
export type SnapshotOptions = OptionsOf<typeof snapshotOptions>;
