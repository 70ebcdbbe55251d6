import type { Provisioner } from '../../src/sdk/plugin.ts';
import { checkEnvironment } from '../../src/sdk/scripts/environment.ts';
import { checkScripts } from '../../src/sdk/scripts/files.ts';
import { type ShellOptions, schema } from './schema.ts';

/** Uploads scripts and runs them in the machine's shell. */
export const plugin: Provisioner<ShellOptions> = {
  kind: 'provisioner',
  type: 'shell',
  schema,
  prepare(options, context) {
    checkScripts(options, context);
    checkEnvironment(options, context);
    return { provision: async run => (await import('./provision.ts')).provisionWithShell(options, run) };
  },
};
