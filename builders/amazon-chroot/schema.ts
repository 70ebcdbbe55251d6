import {
  accessOptions,
  amiMappingOptions,
  amiOptions,
  bootOptions,
  coreOptions,
  imageFilterFields,
  keyValueFields,
  partialCopyOptions,
  removedOptions,
  snapshotOptions,
} from '../../src/aws/options/index.ts';
import { accessRules } from '../../src/aws/rules/declared.ts';
import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

/** What is mounted below the root when the template does not say: type, device, path. */
export const DEFAULT_MOUNTS: readonly (readonly string[])[] = [
  ['proc', 'proc', '/proc'],
  ['sysfs', 'sysfs', '/sys'],
  ['bind', '/dev', '/dev'],
  ['devpts', 'devpts', '/dev/pts'],
  ['binfmt_misc', 'binfmt_misc', '/proc/sys/fs/binfmt_misc'],
];

const mountOptions = {
  chroot_mounts: option.stringLists({
    note: 'What to mount below the root, each as type, device and path; type `bind` is a bind mount.',
    default: DEFAULT_MOUNTS,
  }),
  command_wrapper: option.string({
    note: 'Goes around every command run on this host; `{{.Command}}` is the command. For example `sudo {{.Command}}`.',
    default: '{{.Command}}',
    late: true,
  }),
  copy_files: option.strings({
    note: "This host's files that are copied into the root and removed at the end; nothing by default with from_scratch.",
    default: ['/etc/resolv.conf'],
    keepEmpty: true,
  }),
  device_path: option.string({ note: 'Device to attach the volume as; a free one is looked for when empty.' }),
  nvme_device_path: option.string({
    note: 'Device to mount on instances with NVMe disks; kiln finds it by the volume id when empty.',
  }),
  mount_options: option.strings({ note: 'Options of the mount of the root, each for a `-o`.' }),
  mount_partition: option.string({
    note: 'Partition of an hvm image that holds the root; `0` is the whole device.',
    default: '1',
  }),
  mount_path: option.string({
    note: 'Where to mount the root; `{{.Device}}` is the name of the device.',
    default: '/mnt/packer-amazon-chroot-volumes/{{.Device}}',
    late: true,
  }),
  pre_mount_commands: option.strings({
    note: "Commands of this host before the root is mounted, e.g. to make its file system; `{{.Device}}` is the device's path.",
    late: true,
  }),
  post_mount_commands: option.strings({
    note: 'Commands of this host after the root is mounted; `{{.Device}}` and `{{.MountPath}}`.',
    late: true,
  }),
} as const;

const rootVolumeOptions = {
  from_scratch: option.boolean({ note: 'Start from an empty volume instead of an image.', default: false }),
  source_ami: option.string({ note: 'Image to start from; this or source_ami_filter.' }),
  source_ami_filter: option.block(imageFilterFields, { note: 'Finds the image to start from.' }),
  root_device_name: option.string({ note: 'Name of the root device in the image.' }),
  root_volume_size: option.integer({ note: "Size of the root volume in GiB; at least the source's.", min: 0 }),
  root_volume_type: option.string({ note: "Type of the root volume; the source's, or gp2 from scratch." }),
  root_volume_tags: option.map({ note: 'Tags of the volume that is worked on.', late: true }),
  root_volume_tag: option.blocks(keyValueFields, {
    note: 'The same as root_volume_tags, one block for each.',
    late: true,
  }),
  root_volume_encrypt_boot: option.tri({ note: 'Encrypt the volume that is worked on.' }),
  root_volume_kms_key_id: option.string({ note: 'KMS key of the volume that is worked on.' }),
} as const;

export const chrootOptions = {
  ...coreOptions,
  ...accessOptions,
  ...amiOptions,
  ...snapshotOptions,
  ...amiMappingOptions,
  ...bootOptions,
  ...mountOptions,
  ...rootVolumeOptions,
  ...partialCopyOptions,
} as const;

export type ChrootOptions = OptionsOf<typeof chrootOptions>;

export const schema: OptionSchema = {
  options: chrootOptions,
  rules: [...accessRules],
  removed: removedOptions,
};
