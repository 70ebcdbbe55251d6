import { inputArtifact } from '../../src/sdk/artifact-files.ts';
import type { PostProcessor } from '../../src/sdk/plugin.ts';
import { type ChecksumOptions, checksumOptions, schema } from './schema.ts';

/** Writes digests of the artifact's files beside them. Facts: Packer 1.16 post-processor checksum. */
export const plugin: PostProcessor<ChecksumOptions> = {
  kind: 'post-processor',
  type: 'checksum',
  schema,
  prepare(options) {
    const types = options.checksum_types ?? checksumOptions.checksum_types.default;
    const output = options.output ?? checksumOptions.output.default;
    return {
      async process(run) {
        const artifact = inputArtifact(run.artifact, 'checksum');
        const { writeChecksums } = await import('./run.ts');
        const checksummed = await writeChecksums(artifact, types, output, run);
        return { artifact: checksummed, keepInput: true, forceKeepInput: true };
      },
    };
  },
};
