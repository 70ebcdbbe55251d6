import type { PrepareContext, Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { type AnsibleOptions, schema } from './schema.ts';

/** Runs ansible-playbook on this host against the machine. */
export const plugin: Provisioner<AnsibleOptions> = {
  kind: 'provisioner',
  type: 'ansible',
  schema,
  prepare(options, context) {
    checkFiles(options, context);
    if (options.use_proxy)
      context.warning(
        ['use_proxy'],
        'no-effect',
        'kiln has no Ansible proxy: Ansible connects to the machine directly',
        'the machine must be reachable from this host without a bastion',
      );
    return { provision: async run => (await import('./provision.ts')).provisionWithAnsible(options, run) };
  },
};

function checkFiles(options: AnsibleOptions, context: PrepareContext): void {
  const files = ['playbook_file', 'galaxy_file', 'ssh_host_key_file', 'ssh_authorized_key_file'] as const;
  for (const name of files) {
    const path = options[name];
    if (path) checkLocalPath(path, [name], context, 'file');
  }
  if (options.inventory_directory)
    checkLocalPath(options.inventory_directory, ['inventory_directory'], context, 'folder');
  options.ansible_env_vars?.forEach((text, index) => {
    if (text.indexOf('=') <= 0)
      context.error(
        ['ansible_env_vars', index],
        'bad-variable',
        `"${text}" is not a variable assignment`,
        'write it as KEY=VALUE',
      );
  });
}
