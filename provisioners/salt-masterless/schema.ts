import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const saltMasterlessOptions = {
  local_state_tree: option.string({ note: 'Folder of states to upload.', required: true }),
  local_pillar_roots: option.string({ note: 'Folder of pillars to upload.' }),
  remote_state_tree: option.string({ note: 'Where the states go; excludes minion_config.', default: '/srv/salt' }),
  remote_pillar_roots: option.string({ note: 'Where the pillars go; excludes minion_config.', default: '/srv/pillar' }),
  minion_config: option.string({ note: 'Minion configuration to upload.' }),
  grains_file: option.string({ note: 'Grains file to upload.' }),
  custom_state: option.string({ note: 'State to run instead of the highstate.' }),
  formulas: option.strings({ note: 'Formulas to fetch, as go-getter addresses.', default: [] }),
  skip_bootstrap: option.boolean({ note: 'Do not install Salt.', default: false }),
  bootstrap_args: option.string({ note: 'Arguments of the bootstrap script.' }),
  disable_sudo: option.boolean({ note: 'Do not use sudo.', default: false }),
  temp_config_dir: option.string({ note: 'Remote folder for uploads.', default: '/tmp/salt' }),
  no_exit_on_failure: option.boolean({ note: 'A failed state is fine.', default: false }),
  log_level: option.string({ note: 'Log level of salt-call.', default: 'info' }),
  salt_call_args: option.string({ note: 'More arguments for salt-call.' }),
  salt_bin_dir: option.string({ note: 'Folder of the salt-call command.' }),
  guest_os_type: option.string({ note: 'unix or windows.', default: 'unix', allowed: ['unix', 'windows'] }),
} as const;

export type SaltMasterlessOptions = OptionsOf<typeof saltMasterlessOptions>;

export const schema: OptionSchema = {
  options: saltMasterlessOptions,
  rules: [
    { rule: 'at-most-one', of: ['minion_config', 'remote_state_tree'] },
    { rule: 'at-most-one', of: ['minion_config', 'remote_pillar_roots'] },
  ],
};
