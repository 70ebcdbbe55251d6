import { type OptionSchema, option } from '../../src/sdk/options.ts';

export const schema: OptionSchema = {
  options: {
    client_cert_path: option.string({ note: "Folder with the node's certificate." }),
    client_private_key_path: option.string({ note: "Folder with the node's private key." }),
    clean_staging_directory: option.boolean({ note: 'Remove the staging folder afterwards.', default: false }),
    elevated_user: option.string({ note: 'Windows: run as this user.' }),
    elevated_password: option.string({ note: 'Its password.', secret: true }),
    execute_command: option.string({ note: 'The remote command.', late: true }),
    extra_arguments: option.strings({ note: 'More arguments for puppet.', default: [], late: true }),
    facter: option.map({ note: 'Facts to set.', default: {} }),
    guest_os_type: option.string({ note: 'unix or windows.', default: 'unix', allowed: ['unix', 'windows'] }),
    ignore_exit_codes: option.boolean({ note: 'Any exit code is fine.', default: false }),
    prevent_sudo: option.boolean({ note: 'Do not use sudo.', default: false }),
    puppet_bin_dir: option.string({ note: 'Folder of the puppet command.' }),
    puppet_node: option.string({ note: 'Name of the node.' }),
    puppet_server: option.string({ note: 'Host name of the Puppet server.' }),
    staging_dir: option.string({ note: 'Remote folder for uploads.', default: '/tmp/packer-puppet-server' }),
    staging_directory: option.string({ note: 'Another name of staging_dir.' }),
    working_directory: option.string({ note: 'Remote folder to run in.' }),
  },
};
