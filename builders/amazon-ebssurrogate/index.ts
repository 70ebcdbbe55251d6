import { planImage } from '../../src/aws/image/plan.ts';
import { imageChecks, launchSettings } from '../../src/aws/launch/settings.ts';
import { SOURCE_DATA } from '../../src/aws/launch/source-data.ts';
import type { Builder, PreparedBuilder } from '../../src/sdk/plugin.ts';
import { checkOptions } from './rules.ts';
import { type SurrogateOptions, schema } from './schema.ts';

const BUILDER_ID = 'mitchellh.amazon.ebssurrogate';

/** Launches an instance, has it build a root file system on another volume, and makes an AMI with that volume as root. */
export const plugin: Builder<SurrogateOptions> = {
  kind: 'builder',
  type: 'amazon-ebssurrogate',
  schema,
  prepare(options, context): PreparedBuilder {
    checkOptions(options, context);
    const region = options.region || undefined;
    const plan = planImage(options, { buildRegion: region, prevalidated: true, builderId: BUILDER_ID }, context);
    const settings = launchSettings(options, {
      mappings: options.launch_block_device_mappings ?? [],
      image: imageChecks(options, plan.replace),
    });
    return {
      communicator: options,
      generated: SOURCE_DATA,
      finish: { type: 'ami', options: plan },
      async launch(run) {
        const [{ launchSourceInstance }, { surrogateSource }] = await Promise.all([
          import('../../src/aws/launch/index.ts'),
          import('./image-source.ts'),
        ]);
        const machine = await launchSourceInstance(run, settings);
        // What is registered from snapshots carries the tags of the instance only in Packer's CreateImage way.
        const runTags = options.use_create_image ? machine.runTags : {};
        return { ...machine, runTags, imageSource: surrogateSource(machine, options) };
      },
    };
  },
};
