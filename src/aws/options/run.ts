import { type OptionsOf, option } from '../../sdk/options.ts';
import { filterFields, imageFilterFields, keyValueFields } from './shared-blocks.ts';

const policyStatementFields = {
  Effect: option.string({ note: 'Allow or Deny.' }),
  Action: option.strings({ note: 'Actions, `*` allowed.' }),
  Resource: option.strings({ note: 'ARNs of the resources, `*` allowed.' }),
} as const;

export const policyDocumentFields = {
  Version: option.string({ note: 'Version of the policy language, `2012-10-17`.' }),
  Statement: option.blocks(policyStatementFields, { note: 'The statements of the policy.' }),
} as const;

const placementFields = {
  host_resource_group_arn: option.string({ note: 'Host resource group to launch in.' }),
  host_id: option.string({ note: 'Dedicated host to launch on.' }),
  tenancy: option.string({ note: 'Tenancy of the instance.', allowed: ['', 'default', 'dedicated', 'host'] }),
} as const;

const subnetFilterFields = {
  ...filterFields,
  most_free: option.boolean({
    note: 'Of several matching subnets take the one with the most free addresses.',
    default: false,
  }),
  random: option.boolean({ note: 'Of several matching subnets take any; most_free wins.', default: false }),
} as const;

const metadataFields = {
  http_endpoint: option.string({
    note: 'Switches the metadata service.',
    default: 'enabled',
    allowed: ['enabled', 'disabled'],
  }),
  http_tokens: option.string({
    note: 'Whether session tokens (IMDSv2) are required.',
    default: 'optional',
    allowed: ['optional', 'required'],
  }),
  http_put_response_hop_limit: option.integer({
    note: 'How many hops an answer may take.',
    default: 1,
    min: 0,
    max: 64,
  }),
  instance_metadata_tags: option.string({
    note: "Show the instance's tags in its metadata.",
    default: 'disabled',
    allowed: ['enabled', 'disabled'],
  }),
} as const;

const licenseFields = {
  license_configuration_request: option.block(
    { license_configuration_arn: option.string({ note: 'ARN of the License Manager configuration.' }) },
    { note: 'One license configuration.' },
  ),
} as const;

const sourceOptions = {
  source_ami: option.string({ note: 'Image to start from; this or source_ami_filter.' }),
  source_ami_filter: option.block(imageFilterFields, { note: 'Finds the image to start from.' }),
  instance_type: option.string({ note: 'Type of the instance; this or spot_instance_types.' }),
  user_data: option.string({ note: 'User data of the instance; encoded unless it is base64 already.' }),
  user_data_file: option.string({ note: 'File with the user data.' }),
  iam_instance_profile: option.string({ note: 'Name of an existing instance profile.' }),
  skip_profile_validation: option.boolean({
    note: 'Do not look the instance profile up before the launch.',
    default: false,
  }),
  temporary_iam_instance_profile_policy_document: option.block(policyDocumentFields, {
    note: 'Policy of a role and instance profile made for this build only.',
  }),
  run_tags: option.map({
    note: 'Tags of the temporary resources and, at first, of the image.',
    late: true,
  }),
  run_tag: option.blocks(keyValueFields, { note: 'The same as run_tags, one block for each.', late: true }),
  windows_password_timeout: option.duration({ note: 'How long to wait for the Windows password.', default: '20m' }),
} as const;

const networkOptions = {
  vpc_id: option.string({ note: "VPC of the temporary security group; the subnet's when empty." }),
  vpc_filter: option.block(filterFields, { note: 'Finds the VPC; exactly one must match.' }),
  subnet_id: option.string({ note: 'Subnet to launch in; needed in a VPC that is not the default one.' }),
  subnet_filter: option.block(subnetFilterFields, { note: 'Finds the subnet.' }),
  availability_zone: option.string({ note: 'Zone to launch in; AWS chooses when empty.' }),
  associate_public_ip_address: option.tri({
    note: 'Give the instance a public address or not; a subnet is looked for when none is given.',
  }),
  security_group_id: option.string({ note: 'One security group; the same as security_group_ids with one item.' }),
  security_group_ids: option.strings({ note: 'Security groups of the instance; no temporary one is made then.' }),
  security_group_filter: option.block(filterFields, { note: 'Finds the security groups; all that match are used.' }),
  temporary_security_group_source_cidrs: option.strings({
    note: 'Addresses that the temporary security group admits.',
    default: ['0.0.0.0/0'],
  }),
  temporary_security_group_source_public_ip: option.boolean({
    note: "Admit only this machine's public address to the temporary security group.",
    default: false,
  }),
} as const;

const spotOptions = {
  spot_price: option.string({ note: 'Highest price per hour, or `auto`; empty or 0 launches on demand.' }),
  spot_instance_types: option.strings({ note: 'Types that will do; AWS takes one.' }),
  spot_allocation_strategy: option.string({
    note: 'How AWS chooses among the types.',
    allowed: [
      '',
      'lowest-price',
      'diversified',
      'capacity-optimized',
      'capacity-optimized-prioritized',
      'price-capacity-optimized',
    ],
  }),
  spot_price_auto_product: option.string({ note: 'No longer has an effect.', deprecated: 'leave it out' }),
  spot_tags: option.map({ note: 'Tags of the spot request and its launch template.', late: true }),
  spot_tag: option.blocks(keyValueFields, { note: 'The same as spot_tags, one block for each.', late: true }),
  fleet_tags: option.map({ note: 'Tags of the spot fleet.', late: true }),
  fleet_tag: option.blocks(keyValueFields, { note: 'The same as fleet_tags, one block for each.', late: true }),
  block_duration_minutes: option.integer({
    note: 'AWS no longer has spot instances of fixed duration; multiples of 60 are accepted and ignored.',
    deprecated: 'leave it out',
    min: 0,
  }),
} as const;

const behaviourOptions = {
  disable_stop_instance: option.boolean({
    note: 'Do not stop the instance; wait until a provisioner has shut it down.',
    default: false,
  }),
  shutdown_behavior: option.string({
    note: 'What a shutdown inside the instance does to it.',
    default: 'stop',
    allowed: ['stop', 'terminate'],
  }),
  ebs_optimized: option.boolean({ note: 'Launch the instance EBS-optimized.', default: false }),
  enable_nitro_enclave: option.boolean({ note: 'Enable Nitro Enclaves; not for spot.', default: false }),
  enable_unlimited_credits: option.boolean({
    note: 'Let a burstable instance use CPU credits without limit.',
    default: false,
  }),
  enable_t2_unlimited: option.boolean({
    note: 'Old name of enable_unlimited_credits.',
    deprecated: 'use enable_unlimited_credits',
    default: false,
  }),
  capacity_reservation_preference: option.string({
    note: 'Whether open capacity reservations may be used.',
    default: 'none',
    allowed: ['', 'none', 'open'],
  }),
  capacity_reservation_id: option.string({ note: 'Capacity reservation to launch in.' }),
  capacity_reservation_group_arn: option.string({ note: 'Group of capacity reservations to launch in.' }),
  license_specifications: option.blocks(licenseFields, { note: 'License Manager configurations of the instance.' }),
  placement: option.block(placementFields, { note: 'Where the instance is placed.' }),
  tenancy: option.string({
    note: 'Old place of placement.tenancy.',
    allowed: ['', 'default', 'dedicated', 'host'],
    deprecated: 'use placement.tenancy',
  }),
  metadata_options: option.block(metadataFields, { note: 'Metadata service of the temporary instance.' }),
} as const;

/** What kiln adds to Packer's options of the temporary instance. */
export const runExtraOptions = {
  max_build_time: option.duration({
    note: 'The instance ends itself after this time, should nothing else end it; 0 switches that off (a kiln addition).',
    default: '6h',
    keepEmpty: true,
  }),
} as const;

/** The temporary instance: what it starts from, where it runs and how. */
export const runOptions = {
  ...sourceOptions,
  ...networkOptions,
  ...spotOptions,
  ...behaviourOptions,
  ...runExtraOptions,
} as const;

export type RunOptions = OptionsOf<typeof runOptions>;
export type MetadataOptions = OptionsOf<typeof metadataFields>;
export type SubnetFilterOptions = OptionsOf<typeof subnetFilterFields>;
export type PolicyDocumentOptions = OptionsOf<typeof policyDocumentFields>;
