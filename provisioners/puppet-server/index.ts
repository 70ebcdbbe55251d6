import type { Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { schema } from './schema.ts';

interface Options {
  readonly client_cert_path?: string;
  readonly client_private_key_path?: string;
}

/** Checked, but not run by kiln. */
export const plugin: Provisioner<Options> = {
  kind: 'provisioner',
  type: 'puppet-server',
  schema,
  cannotRun: 'run "puppet agent --onetime --no-daemonize" in a shell provisioner',
  prepare(options, context) {
    for (const name of ['client_cert_path', 'client_private_key_path'] as const) {
      const path = options[name];
      if (path) checkLocalPath(path, [name], context, 'folder');
    }
    return { provision: async () => {} };
  },
};
