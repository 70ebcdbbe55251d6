import type { Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { schema } from './schema.ts';

interface Options {
  readonly ssh_host_key_file?: string;
  readonly ssh_authorized_key_file?: string;
}

/** Checked, but not run by kiln. */
export const plugin: Provisioner<Options> = {
  kind: 'provisioner',
  type: 'inspec',
  schema,
  cannotRun: 'run "inspec exec" in a shell-local provisioner with the build\'s Host, User and Port',
  prepare(options, context) {
    for (const name of ['ssh_host_key_file', 'ssh_authorized_key_file'] as const) {
      const path = options[name];
      if (path) checkLocalPath(path, [name], context, 'file');
    }
    return { provision: async () => {} };
  },
};
