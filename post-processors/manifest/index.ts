import { inputArtifact } from '../../src/sdk/artifact-files.ts';
import type { PostProcessor } from '../../src/sdk/plugin.ts';
import { type ManifestOptions, schema } from './schema.ts';

/** Adds the artifact to a JSON document that later jobs read. Facts: Packer 1.16 post-processor manifest. */
export const plugin: PostProcessor<ManifestOptions> = {
  kind: 'post-processor',
  type: 'manifest',
  schema,
  prepare(options) {
    const output = options.output ?? 'packer-manifest.json';
    return {
      async process(run) {
        const artifact = inputArtifact(run.artifact, 'manifest');
        const [{ describeBuild }, { addToManifest }] = await Promise.all([import('./entry.ts'), import('./update.ts')]);
        const entry = await describeBuild(artifact, options, run);
        await addToManifest(output, entry, { force: run.build.force, runUuid: run.runUuid, signal: run.signal });
        return { artifact, keepInput: true, forceKeepInput: true };
      },
    };
  },
};
