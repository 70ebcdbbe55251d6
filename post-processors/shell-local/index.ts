import { inputArtifact } from '../../src/sdk/artifact-files.ts';
import type { PostProcessor } from '../../src/sdk/plugin.ts';
import { prepareLocalScripts } from '../../src/sdk/scripts/local.ts';
import type { LocalScriptOptions } from '../../src/sdk/scripts/local-options.ts';
import { schema } from './schema.ts';

/** Runs scripts on this host once an artifact is there, and hands it on. Facts: Packer 1.16 post-processor shell-local. */
export const plugin: PostProcessor<LocalScriptOptions> = {
  kind: 'post-processor',
  type: 'shell-local',
  schema,
  prepare(options, context) {
    // Here, other than for the provisioner, a command of one word is one for the shell.
    const [command, ...rest] = options.execute_command ?? [];
    const single = command !== undefined && rest.length === 0;
    const scripts = prepareLocalScripts(
      single ? { ...options, execute_command: ['sh', '-c', command] } : options,
      context,
    );
    return {
      async process(run) {
        const artifact = inputArtifact(run.artifact, 'shell-local');
        await scripts.run(run);
        return { artifact, keepInput: true, forceKeepInput: true };
      },
    };
  },
};
