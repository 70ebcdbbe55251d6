import { fileArtifact } from '../../src/sdk/artifact-files.ts';
import type { Builder, Machine } from '../../src/sdk/plugin.ts';
import { type FileOptions, schema } from './schema.ts';

/** Makes a local file, mostly to feed post-processors. Facts: Packer 1.16 builder file. */
export const plugin: Builder<FileOptions> = {
  kind: 'builder',
  type: 'file',
  schema,
  prepare(options, context) {
    if (!options.source && !options.content)
      context.warning([], 'empty-file', 'the file will be empty: neither "source" nor "content" is given');
    return {
      generated: [],
      async launch(run) {
        const { makeFile } = await import('./make.ts');
        await makeFile(options, run.signal);
        return NO_MACHINE;
      },
      artifact: async run =>
        fileArtifact({
          builderId: 'packer.file',
          id: 'File',
          files: [options.target],
          description: `Stored file: ${options.target}`,
          buildData: run.buildData,
        }),
    };
  },
};

/** Provisioners may run, after the file is there, but have nothing to talk to. */
const NO_MACHINE: Machine = {
  id: 'File',
  target: async () => ({ host: '', port: 0 }),
  buildData: {},
  releaseSoon: () => {},
};
