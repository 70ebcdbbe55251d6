import type { PrepareContext, Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { type ChefSoloOptions, schema } from './schema.ts';

/** Uploads cookbooks and runs chef-solo, which it installs first if so wished. */
export const plugin: Provisioner<ChefSoloOptions> = {
  kind: 'provisioner',
  type: 'chef-solo',
  schema,
  prepare(options, context) {
    checkFiles(options, context);
    return { provision: async run => (await import('./provision.ts')).provisionWithChef(options, run) };
  },
};

function checkFiles(options: ChefSoloOptions, context: PrepareContext): void {
  for (const name of ['roles_path', 'data_bags_path', 'environments_path'] as const) {
    const path = options[name];
    if (path) checkLocalPath(path, [name], context, 'folder');
  }
  for (const name of ['config_template', 'encrypted_data_bag_secret_path'] as const) {
    const path = options[name];
    if (path) checkLocalPath(path, [name], context, 'file');
  }
  options.cookbook_paths?.forEach((path, index) => {
    checkLocalPath(path, ['cookbook_paths', index], context, 'folder');
  });
  if (options.json !== undefined && (typeof options.json !== 'object' || Array.isArray(options.json)))
    context.error(['json'], 'wrong-type', '"json" takes an object of node attributes');
}
