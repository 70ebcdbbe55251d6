import { type OptionSchema, option } from '../../src/sdk/options.ts';

export const schema: OptionSchema = {
  options: {
    profile: option.string({ note: 'The profile to run.', required: true }),
    command: option.string({ note: 'The InSpec command.', default: 'inspec' }),
    extra_arguments: option.strings({ note: 'More arguments for it.', default: [] }),
    inspec_env_vars: option.strings({ note: 'Variables for it, as KEY=VALUE.', default: [] }),
    attributes: option.strings({ note: 'Attribute files.', default: [] }),
    attributes_directory: option.string({ note: 'Folder for a generated attribute file.' }),
    backend: option.string({
      note: 'Backend of InSpec.',
      default: 'ssh',
      allowed: ['docker', 'local', 'ssh', 'winrm'],
    }),
    host: option.string({ note: 'Host to connect to.' }),
    user: option.string({ note: 'User to log in as.' }),
    local_port: option.integer({ note: 'Port of the proxy.', default: 0, min: 0, max: 65_535 }),
    ssh_host_key_file: option.string({ note: 'Host key of the proxy.' }),
    ssh_authorized_key_file: option.string({ note: 'Key admitted by the proxy.' }),
    skip_version_check: option.boolean({ note: 'Do not ask InSpec for its version.', default: false }),
    valid_exit_codes: option.integers({ note: 'Exit codes that count as success.', default: [0, 101] }),
    use_proxy: option.tri({ note: 'Connect through a proxy.' }),
  },
};
