import type { Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { type PuppetMasterlessOptions, schema } from './schema.ts';

/** Uploads manifests and modules and applies them; Puppet must be on the machine. */
export const plugin: Provisioner<PuppetMasterlessOptions> = {
  kind: 'provisioner',
  type: 'puppet-masterless',
  schema,
  prepare(options, context) {
    if (options.manifest_file) checkLocalPath(options.manifest_file, ['manifest_file'], context, 'any');
    if (options.manifest_dir) checkLocalPath(options.manifest_dir, ['manifest_dir'], context, 'folder');
    if (options.hiera_config_path) checkLocalPath(options.hiera_config_path, ['hiera_config_path'], context, 'file');
    options.module_paths?.forEach((path, index) => {
      checkLocalPath(path, ['module_paths', index], context, 'folder');
    });
    return { provision: async run => (await import('./provision.ts')).provisionWithPuppet(options, run) };
  },
};
