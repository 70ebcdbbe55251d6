import { inputArtifact } from '../../src/sdk/artifact-files.ts';
import type { PostProcessor } from '../../src/sdk/plugin.ts';
import { detectFormat, effectiveLevel, TOOLS } from './format.ts';
import { type CompressOptions, compressOptions, schema } from './schema.ts';

/** Packs the artifact's files into one archive, or compresses its only file. Facts: Packer 1.16 post-processor compress. */
export const plugin: PostProcessor<CompressOptions> = {
  kind: 'post-processor',
  type: 'compress',
  schema,
  async prepare(options, context) {
    const output = options.output ?? compressOptions.output.default;
    const format = detectFormat(output, options.format);
    const tool = TOOLS[format.algorithm];
    if (tool) {
      const { findTool } = await import('../../src/sdk/archive/tool.ts');
      if (!findTool(tool))
        context.error(
          options.format ? ['format'] : ['output'],
          'missing-tool',
          `${format.algorithm} compression is done by the program "${tool}", which is not on the PATH`,
          `install ${tool}, or choose .gz`,
        );
    }
    const level = effectiveLevel(options.compression_level);
    if (level !== undefined && level < 1)
      context.error(['compression_level'], 'out-of-range', `compression_level must lie between -1 and 9, not ${level}`);
    return {
      async process(run) {
        const artifact = inputArtifact(run.artifact, 'compress');
        const { compressFiles } = await import('./run.ts');
        const compressed = await compressFiles(artifact, { output, format, level }, run);
        return { artifact: compressed, keepInput: false, forceKeepInput: false };
      },
    };
  },
};
