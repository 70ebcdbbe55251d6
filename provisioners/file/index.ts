import type { Provisioner } from '../../src/sdk/plugin.ts';
import { checkLocalPath } from '../../src/sdk/scripts/files.ts';
import { type FileOptions, schema } from './schema.ts';

/** Transfers files and folders to the machine, or from it. */
export const plugin: Provisioner<FileOptions> = {
  kind: 'provisioner',
  type: 'file',
  schema,
  prepare(options, context) {
    // Packer puts "source" behind the list.
    const sources = [...(options.sources ?? []), ...(options.source ? [options.source] : [])];
    const isDownload = options.direction === 'download';
    if (!isDownload && !options.generated) {
      options.sources?.forEach((path, index) => {
        checkLocalPath(path, ['sources', index], context, 'any');
      });
      if (options.source) checkLocalPath(options.source, ['source'], context, 'any');
    }
    if (sources.length === 0 && options.content === undefined)
      context.warning([], 'nothing-to-do', 'there is neither a source nor content, so this step does nothing');
    if (isDownload && options.content !== undefined)
      context.error(['content'], 'conflicting-options', '"content" can only be uploaded');
    const destination = options.destination ?? '';
    return {
      provision: async run => {
        const target = run.render(destination);
        if (isDownload) await (await import('./download.ts')).download(sources, target, run);
        else await (await import('./upload.ts')).upload(sources, options.content, target, run);
      },
    };
  },
};
