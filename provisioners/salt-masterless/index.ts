import type { Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { type SaltMasterlessOptions, schema } from './schema.ts';

/** Uploads states and runs salt-call without a master. */
export const plugin: Provisioner<SaltMasterlessOptions> = {
  kind: 'provisioner',
  type: 'salt-masterless',
  schema,
  prepare(options, context) {
    for (const name of ['local_state_tree', 'local_pillar_roots'] as const) {
      const path = options[name];
      if (path) checkLocalPath(path, [name], context, 'folder');
    }
    for (const name of ['minion_config', 'grains_file'] as const) {
      const path = options[name];
      if (path) checkLocalPath(path, [name], context, 'file');
    }
    if (options.formulas?.length)
      context.error(
        ['formulas'],
        'not-built-in',
        'kiln does not fetch formulas',
        'fetch them into local_state_tree in a shell-local provisioner before',
      );
    if (options.guest_os_type === 'windows')
      context.warning(
        ['guest_os_type'],
        'untested',
        'salt-masterless on Windows machines has not been tried with kiln',
      );
    return { provision: async run => (await import('./provision.ts')).provisionWithSalt(options, run) };
  },
};
