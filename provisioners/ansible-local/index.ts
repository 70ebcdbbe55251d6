import type { PrepareContext, Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { type AnsibleLocalOptions, schema } from './schema.ts';

/** Runs ansible-playbook inside the machine, which must have it. */
export const plugin: Provisioner<AnsibleLocalOptions> = {
  kind: 'provisioner',
  type: 'ansible-local',
  schema,
  prepare(options, context) {
    checkFiles(options, context);
    return { provision: async run => (await import('./provision.ts')).provisionWithAnsible(options, run) };
  },
};

function checkFiles(options: AnsibleLocalOptions, context: PrepareContext): void {
  const one = (name: keyof AnsibleLocalOptions & string, kind: 'file' | 'folder'): void => {
    const path = options[name];
    if (typeof path === 'string') checkLocalPath(path, [name], context, kind);
  };
  for (const name of ['playbook_file', 'inventory_file', 'galaxy_file'] as const) one(name, 'file');
  for (const name of ['playbook_dir', 'group_vars', 'host_vars'] as const) one(name, 'folder');
  options.playbook_files?.forEach((path, index) => {
    checkLocalPath(path, ['playbook_files', index], context, 'file');
  });
  for (const name of ['playbook_paths', 'role_paths', 'collection_paths'] as const)
    options[name]?.forEach((path, index) => {
      checkLocalPath(path, [name, index], context, name === 'playbook_paths' ? 'any' : 'folder');
    });
}
