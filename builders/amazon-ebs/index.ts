import { planImage } from '../../src/aws/image/plan.ts';
import type { LaunchSettings } from '../../src/aws/launch/settings.ts';
import { SOURCE_DATA } from '../../src/aws/launch/source-data.ts';
import {
  checkAccess,
  checkBlockDevices,
  checkCommunicator,
  checkRun,
  isSpot,
  mergePairs,
  warnOpenGroup,
} from '../../src/aws/rules/index.ts';
import type { Builder, PrepareContext, PreparedBuilder } from '../../src/sdk/plugin.ts';
import { type EbsOptions, schema } from './schema.ts';

/** Launches an instance from an AMI, has it provisioned, and makes an AMI of it: the `ami` post-processor's work. */
export const plugin: Builder<EbsOptions> = {
  kind: 'builder',
  type: 'amazon-ebs',
  schema,
  prepare(options, context): PreparedBuilder {
    checkAccess(options, context);
    checkRun(options, context);
    checkCommunicator(options, context);
    warnOpenGroup(options, context);
    checkBlockDevices(options.launch_block_device_mappings, 'launch_block_device_mappings', context);
    checkSpotNetworking(options, context);
    const region = options.region || undefined;
    const plan = planImage(options, { buildRegion: region, prevalidated: true }, context);
    const settings = launchSettings(options, plan.replace);
    return {
      communicator: options,
      generated: SOURCE_DATA,
      ...(!options.skip_create_ami && { finish: { type: 'ami', options: plan } }),
      async launch(run) {
        const { launchSourceInstance } = await import('../../src/aws/launch/index.ts');
        return launchSourceInstance(run, settings);
      },
    };
  },
};

/** Enhanced networking is switched on a stopped instance, and a spot instance does not stop. */
function checkSpotNetworking(options: EbsOptions, context: PrepareContext): void {
  if (!isSpot(options)) return;
  for (const option of ['ena_support', 'sriov_support'] as const) {
    if (options[option]) {
      context.error(
        [option],
        'conflicting-options',
        `${option} cannot be switched on a spot instance`,
        'launch on demand',
      );
    }
  }
}

function launchSettings(options: EbsOptions, replace: boolean): LaunchSettings {
  const mayBeTaken = replace || options.skip_create_ami || options.skip_save_build_region;
  return {
    access: options,
    run: options,
    communicator: options,
    mappings: options.launch_block_device_mappings ?? [],
    runTags: mergePairs(options.run_tags, options.run_tag),
    volumeTags: mergePairs(options.run_volume_tags, options.run_volume_tag),
    spotTags: mergePairs(options.spot_tags, options.spot_tag),
    fleetTags: mergePairs(options.fleet_tags, options.fleet_tag),
    image: {
      ena_support: options.ena_support,
      sriov_support: options.sriov_support,
      ami_virtualization_type: options.ami_virtualization_type,
      regions: options.ami_regions ?? [],
      skipRegionValidation: options.skip_region_validation === true,
      freeName: mayBeTaken ? undefined : options.ami_name,
      checkVpc: true,
      made: true,
    },
    noEphemeral: options.no_ephemeral === true,
  };
}
