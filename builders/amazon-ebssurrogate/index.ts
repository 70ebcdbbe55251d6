import { planImage } from '../../src/aws/image/plan.ts';
import { imageChecks, launchSettings } from '../../src/aws/launch/settings.ts';
import { SOURCE_DATA } from '../../src/aws/launch/source-data.ts';
import { takeOver } from '../../src/aws/launch/take-over.ts';
import type { Ec2Machine } from '../../src/aws/machine.ts';
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
    const taken = takeOver(settings, context.build.local);
    const withSurrogate = async (machine: Ec2Machine): Promise<Ec2Machine> => {
      const { surrogateSource } = await import('./image-source.ts');
      // What is registered from snapshots carries the tags of the instance only in Packer's CreateImage way.
      const runTags = options.use_create_image ? machine.runTags : {};
      return { ...machine, runTags, imageSource: surrogateSource(machine, options) };
    };
    return {
      communicator: options,
      generated: SOURCE_DATA,
      finish: { type: 'ami', options: plan },
      ...taken,
      async launch(run) {
        const { launchSourceInstance } = await import('../../src/aws/launch/index.ts');
        return withSurrogate(await launchSourceInstance(run, settings));
      },
      attach: async (run, attachment) => withSurrogate(await taken.attach(run, attachment)),
    };
  },
};
