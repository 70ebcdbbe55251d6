import type { Provisioner } from '../../src/sdk/plugin.ts';
import { prepareLocalScripts } from '../../src/sdk/scripts/local.ts';
import type { LocalScriptOptions } from '../../src/sdk/scripts/local-options.ts';
import { schema } from './schema.ts';

/** Runs scripts on this host while the machine is up; the machine itself is not touched. */
export const plugin: Provisioner<LocalScriptOptions> = {
  kind: 'provisioner',
  type: 'shell-local',
  schema,
  prepare(options, context) {
    const scripts = prepareLocalScripts(options, context);
    return { provision: run => scripts.run(run) };
  },
};
