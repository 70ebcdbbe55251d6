import { fileArtifact, inputArtifact } from '../../src/sdk/artifact-files.ts';
import type { PostProcessor } from '../../src/sdk/plugin.ts';
import { badPattern } from './pattern.ts';
import { type ArtificeOptions, schema } from './schema.ts';

/** Goes on with other files in place of the artifact. Facts: Packer 1.16 post-processor artifice. */
export const plugin: PostProcessor<ArtificeOptions> = {
  kind: 'post-processor',
  type: 'artifice',
  schema,
  prepare({ files: patterns = [] }, context) {
    for (const [index, pattern] of patterns.entries()) {
      const fault = badPattern(pattern);
      if (fault) context.error(['files', index], 'bad-pattern', `the file pattern "${pattern}" is malformed: ${fault}`);
    }
    return {
      async process(run) {
        const old = inputArtifact(run.artifact, 'artifice');
        const { glob } = await import('./glob.ts');
        const files: string[] = [];
        for (const pattern of patterns) files.push(...(await glob(pattern)));
        if (old.files.length > 0) run.ui.say(`Discarding files from artifact: ${old.files.join(', ')}`);
        run.ui.say(`Using these artifact files: ${files.join(', ')}`);
        const artifact = fileArtifact({
          builderId: 'packer.post-processor.artifice',
          id: '',
          files,
          description: `Created artifact from files: ${files.join(', ')}`,
          buildData: old.buildData,
        });
        return { artifact, keepInput: true, forceKeepInput: false };
      },
    };
  },
};
