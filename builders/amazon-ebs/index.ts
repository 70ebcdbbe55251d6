import { planImage } from '../../src/aws/image/plan.ts';
import { imageChecks, launchSettings } from '../../src/aws/launch/settings.ts';
import { SOURCE_DATA } from '../../src/aws/launch/source-data.ts';
import { takeOver } from '../../src/aws/launch/take-over.ts';
import { checkBlockDevices, checkLaunch, checkSpotSwitches } from '../../src/aws/rules/index.ts';
import type { Builder, PreparedBuilder } from '../../src/sdk/plugin.ts';
import { type EbsOptions, schema } from './schema.ts';

/** Launches an instance from an AMI, has it provisioned, and makes an AMI of it: the `ami` post-processor's work. */
export const plugin: Builder<EbsOptions> = {
  kind: 'builder',
  type: 'amazon-ebs',
  schema,
  prepare(options, context): PreparedBuilder {
    checkLaunch(options, context);
    checkBlockDevices(options.launch_block_device_mappings, 'launch_block_device_mappings', context);
    checkSpotSwitches(options, context);
    const region = options.region || undefined;
    const plan = planImage(options, { buildRegion: region, prevalidated: true }, context);
    const settings = launchSettings(options, {
      mappings: options.launch_block_device_mappings ?? [],
      image: imageChecks(options, plan.replace, options.skip_create_ami),
      noEphemeral: options.no_ephemeral === true,
    });
    return {
      communicator: options,
      generated: SOURCE_DATA,
      ...(!options.skip_create_ami && { finish: { type: 'ami', options: plan } }),
      async launch(run) {
        const { launchSourceInstance } = await import('../../src/aws/launch/index.ts');
        return launchSourceInstance(run, settings);
      },
      ...takeOver(settings, context.build.local),
    };
  },
};
