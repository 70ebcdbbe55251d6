import type { Provisioner } from '../../src/sdk/plugin.ts';
import { type SbomOptions, schema } from './schema.ts';

/** Fetches a software bill of materials from the machine, checks it and keeps a copy. There is no registry to send it to. */
export const plugin: Provisioner<SbomOptions> = {
  kind: 'provisioner',
  type: 'hcp-sbom',
  schema,
  prepare(options, context) {
    if (options.auto_generate && options.source)
      context.error(['source'], 'conflicting-options', '"source" and "auto_generate" exclude each other');
    if (!options.auto_generate && !options.source)
      context.error([], 'missing-option', 'one of "source" or "auto_generate" is required');
    if (options.auto_generate)
      context.error(
        ['auto_generate'],
        'not-built-in',
        'kiln brings no scanner',
        'run one in a shell provisioner, e.g. syft, and name its output as "source"',
      );
    if (options.source && !options.destination)
      context.warning([], 'nothing-to-keep', 'without "destination" the document is checked and then dropped');
    return { provision: async run => (await import('./provision.ts')).fetchSbom(options, run) };
  },
};
