import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const ansibleLocalOptions = {
  playbook_file: option.string({ note: 'The playbook to run.' }),
  playbook_files: option.strings({ note: 'Several playbooks, run in order.', default: [] }),
  playbook_dir: option.string({ note: 'Folder to upload whole; the playbooks may lie in it.' }),
  playbook_paths: option.strings({ note: 'More files or folders to put beside the playbook.', default: [] }),
  role_paths: option.strings({ note: 'Role folders to upload.', default: [] }),
  collection_paths: option.strings({ note: 'Collection folders to upload.', default: [] }),
  group_vars: option.string({ note: 'Folder of group variables.' }),
  host_vars: option.string({ note: 'Folder of host variables.' }),
  inventory_file: option.string({ note: 'Inventory; without one, 127.0.0.1 alone.' }),
  inventory_groups: option.strings({ note: 'Groups that 127.0.0.1 belongs to.', default: [] }),
  command: option.string({
    note: 'The command that runs a playbook.',
    default: 'ANSIBLE_FORCE_COLOR=1 PYTHONUNBUFFERED=1 ansible-playbook',
  }),
  extra_arguments: option.strings({ note: 'More arguments for it.', default: [] }),
  staging_directory: option.string({
    note: 'Remote folder that all is uploaded to.',
    default: '/tmp/packer-provisioner-ansible-local/UUID',
  }),
  clean_staging_directory: option.boolean({ note: 'Remove that folder afterwards.', default: false }),
  galaxy_file: option.string({ note: 'Requirements file for ansible-galaxy.' }),
  galaxy_command: option.string({ note: 'The ansible-galaxy command.', default: 'ansible-galaxy' }),
  galaxy_force_install: option.boolean({ note: 'Install again what is there.', default: false }),
  galaxy_roles_path: option.string({ note: 'Remote folder for roles.', default: 'STAGING/galaxy_roles' }),
  galaxy_collections_path: option.string({
    note: 'Remote folder for collections.',
    default: 'STAGING/galaxy_collections',
  }),
} as const;

export type AnsibleLocalOptions = OptionsOf<typeof ansibleLocalOptions>;

export const schema: OptionSchema = {
  options: ansibleLocalOptions,
  rules: [{ rule: 'exactly-one', of: ['playbook_file', 'playbook_files'] }],
};
