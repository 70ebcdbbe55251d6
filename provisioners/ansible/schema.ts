import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const ansibleOptions = {
  playbook_file: option.string({ note: 'The playbook to run.', required: true }),
  command: option.string({ note: 'The command that runs a playbook.', default: 'ansible-playbook' }),
  extra_arguments: option.strings({ note: 'More arguments for it.', default: [] }),
  ansible_env_vars: option.strings({ note: 'Variables for it, as KEY=VALUE.', default: [] }),
  ansible_ssh_extra_args: option.strings({
    note: 'Arguments for the ssh command of Ansible.',
    default: ['-o IdentitiesOnly=yes'],
  }),
  groups: option.strings({ note: 'Groups the machine belongs to.', default: [] }),
  empty_groups: option.strings({ note: 'Groups without members.', default: [] }),
  host_alias: option.string({ note: 'Name of the machine in the inventory.', default: 'default' }),
  user: option.string({ note: 'User to log in as.' }),
  local_port: option.integer({ note: 'Port of the proxy.', default: 0, min: 0, max: 65_535 }),
  ssh_host_key_file: option.string({ note: 'Host key of the proxy.' }),
  ssh_authorized_key_file: option.string({ note: 'Key admitted by the proxy.' }),
  ansible_proxy_key_type: option.string({
    note: 'Key type of the proxy.',
    default: 'ECDSA',
    allowed: ['ECDSA', 'RSA'],
  }),
  sftp_command: option.string({ note: 'SFTP server command of the proxy.' }),
  use_sftp: option.boolean({ note: 'Transfer by SFTP instead of scp.', default: false }),
  skip_version_check: option.boolean({ note: 'Do not ask Ansible for its version.', default: false }),
  inventory_directory: option.string({ note: 'Folder for the generated inventory.' }),
  inventory_file: option.string({ note: 'Inventory to use instead of a generated one.' }),
  inventory_file_template: option.string({
    note: 'A line of the generated inventory. Fields: HostAlias, Host, User, Port.',
    default: '{{ .HostAlias }} ansible_host={{ .Host }} ansible_user={{ .User }} ansible_port={{ .Port }}\n',
    late: true,
  }),
  keep_inventory_file: option.boolean({ note: 'Leave the generated inventory.', default: false }),
  galaxy_file: option.string({ note: 'Requirements file for ansible-galaxy.' }),
  galaxy_command: option.string({ note: 'The ansible-galaxy command.', default: 'ansible-galaxy' }),
  galaxy_force_install: option.boolean({ note: 'Install again what is there.', default: false }),
  galaxy_force_with_deps: option.boolean({ note: 'Install again, dependencies included.', default: false }),
  roles_path: option.string({ note: 'Folder for roles from Galaxy.' }),
  collections_path: option.string({ note: 'Folder for collections from Galaxy.' }),
  use_proxy: option.tri({ note: 'Packer connects through a proxy of its own; kiln lets Ansible connect directly.' }),
  ansible_winrm_use_http: option.boolean({ note: 'WinRM over HTTP.', default: false }),
} as const;

export type AnsibleOptions = OptionsOf<typeof ansibleOptions>;

export const schema: OptionSchema = { options: ansibleOptions };
