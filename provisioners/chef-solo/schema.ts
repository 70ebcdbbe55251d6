import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const chefSoloOptions = {
  chef_environment: option.string({ note: 'Name of the environment.' }),
  chef_license: option.string({
    note: 'How the licence is accepted; accept-silent unless skip_install or install_command is set.',
    allowed: ['accept', 'accept-silent', 'accept-no-persist'],
  }),
  config_template: option.string({ note: 'Template file of the configuration (solo.rb).' }),
  cookbook_paths: option.strings({ note: 'Cookbook folders to upload.', default: [] }),
  remote_cookbook_paths: option.strings({ note: 'Cookbook folders that are on the machine.', default: [] }),
  roles_path: option.string({ note: 'Folder of roles.' }),
  data_bags_path: option.string({ note: 'Folder of data bags.' }),
  environments_path: option.string({ note: 'Folder of environments.' }),
  encrypted_data_bag_secret_path: option.string({ note: 'File with the secret of encrypted data bags.' }),
  execute_command: option.string({
    note: 'The remote command. Fields: ConfigPath, JsonPath, Sudo.',
    default: '{{if .Sudo}}sudo {{end}}chef-solo --no-color -c {{.ConfigPath}} -j {{.JsonPath}}',
    late: true,
  }),
  install_command: option.string({ note: 'The command that installs Chef. Fields: Sudo, Version.', late: true }),
  json: option.any({ note: 'Attributes of the node.' }),
  run_list: option.strings({ note: 'The run list.', default: [] }),
  prevent_sudo: option.boolean({ note: 'Do not use sudo.', default: false }),
  skip_install: option.boolean({ note: 'Do not install Chef.', default: false }),
  staging_directory: option.string({ note: 'Remote folder for uploads.', default: '/tmp/packer-chef-solo' }),
  guest_os_type: option.string({ note: 'unix or windows.', default: 'unix', allowed: ['unix', 'windows'] }),
  version: option.string({ note: 'Version of Chef to install.' }),
} as const;

export type ChefSoloOptions = OptionsOf<typeof chefSoloOptions>;

export const schema: OptionSchema = { options: chefSoloOptions };
