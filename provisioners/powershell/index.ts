import type { Provisioner } from '../../src/sdk/plugin.ts';
import { checkEnvironment } from '../../src/sdk/scripts/environment.ts';
import { checkScripts } from '../../src/sdk/scripts/files.ts';
import { type PowershellOptions, schema } from './schema.ts';

/** Uploads PowerShell scripts and runs them, elevated if so wished. */
export const plugin: Provisioner<PowershellOptions> = {
  kind: 'provisioner',
  type: 'powershell',
  schema,
  prepare(options, context) {
    checkScripts(options, context);
    checkEnvironment(options, context);
    if (options.elevated_password) context.secret(options.elevated_password);
    return { provision: async run => (await import('./provision.ts')).provisionWithPowershell(options, run) };
  },
};
