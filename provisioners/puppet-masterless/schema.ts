import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const puppetMasterlessOptions = {
  manifest_file: option.string({ note: 'Manifest, or folder of manifests, to apply.', required: true }),
  manifest_dir: option.string({ note: 'Folder of manifests to upload.', deprecated: 'use manifest_file' }),
  module_paths: option.strings({ note: 'Module folders to upload.', default: [] }),
  hiera_config_path: option.string({ note: 'Hiera configuration to upload.' }),
  facter: option.map({ note: 'Facts to set.', default: {} }),
  extra_arguments: option.strings({ note: 'More arguments for puppet.', default: [], late: true }),
  execute_command: option.string({
    note: 'The remote command. Fields: WorkingDir, FacterVars, HieraConfigPath, ModulePath, ManifestFile, ManifestDir, PuppetBinDir, Sudo, Debug, ExtraArguments.',
    late: true,
  }),
  ignore_exit_codes: option.boolean({ note: 'Any exit code is fine.', default: false }),
  prevent_sudo: option.boolean({ note: 'Do not use sudo.', default: false }),
  puppet_bin_dir: option.string({ note: 'Folder of the puppet command.' }),
  staging_directory: option.string({ note: 'Remote folder for uploads.', default: '/tmp/packer-puppet-masterless' }),
  working_directory: option.string({ note: 'Remote folder to run in; the staging folder by default.' }),
  clean_staging_directory: option.boolean({ note: 'Remove the staging folder afterwards.', default: false }),
  guest_os_type: option.string({ note: 'unix or windows.', default: 'unix', allowed: ['unix', 'windows'] }),
  elevated_user: option.string({ note: 'Windows: run as this user.' }),
  elevated_password: option.string({ note: 'Its password.', secret: true }),
} as const;

export type PuppetMasterlessOptions = OptionsOf<typeof puppetMasterlessOptions>;

export const schema: OptionSchema = { options: puppetMasterlessOptions };
