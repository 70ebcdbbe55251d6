import type { Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { schema } from './schema.ts';

interface Options {
  readonly config_template?: string;
  readonly encrypted_data_bag_secret_path?: string;
  readonly validation_key_path?: string;
}

/** Checked, but not run by kiln. */
export const plugin: Provisioner<Options> = {
  kind: 'provisioner',
  type: 'chef-client',
  schema,
  cannotRun: 'use chef-solo, or run chef-client in a shell provisioner',
  prepare(options, context) {
    for (const name of ['config_template', 'encrypted_data_bag_secret_path'] as const) {
      const path = options[name];
      if (path) checkLocalPath(path, [name], context, 'file');
    }
    return { provision: async () => {} };
  },
};
