import { launchSettings } from '../../src/aws/launch/settings.ts';
import { SOURCE_DATA } from '../../src/aws/launch/source-data.ts';
import { takeOver } from '../../src/aws/launch/take-over.ts';
import { isEc2Machine } from '../../src/aws/machine.ts';
import { mergePairs } from '../../src/aws/rules/index.ts';
import type { Builder, PreparedBuilder } from '../../src/sdk/plugin.ts';
import { checkOptions } from './rules.ts';
import { type EbsVolumeOptions, schema } from './schema.ts';
import { planVolumes } from './volume-plan.ts';

/** Launches an instance with further volumes, has it fill them, and keeps the volumes, or snapshots of them. */
export const plugin: Builder<EbsVolumeOptions> = {
  kind: 'builder',
  type: 'amazon-ebsvolume',
  schema,
  prepare(options, context): PreparedBuilder {
    checkOptions(options, context);
    const volumes = planVolumes(options.ebs_volumes ?? []);
    const settings = launchSettings(options, {
      mappings: options.ebs_volumes ?? [],
      products: volumes.filter(volume => volume.kept).map(volume => volume.device),
      image: {
        ena_support: options.ena_support,
        sriov_support: options.sriov_support,
        ami_virtualization_type: undefined,
        regions: [],
        skipRegionValidation: true,
        freeName: undefined,
        checkVpc: false,
        made: false,
      },
    });
    const temporaryTags = mergePairs(options.run_volume_tags, options.run_volume_tag);
    return {
      communicator: options,
      generated: SOURCE_DATA,
      async launch(run) {
        const [{ launchSourceInstance }, { tagVolumes }] = await Promise.all([
          import('../../src/aws/launch/index.ts'),
          import('./tags.ts'),
        ]);
        const machine = await launchSourceInstance(run, settings);
        await tagVolumes(run, machine, volumes, temporaryTags);
        return machine;
      },
      async artifact(run, machine) {
        if (!isEc2Machine(machine)) return undefined;
        const { finishVolumes } = await import('./finish.ts');
        return finishVolumes(run, machine, volumes, options);
      },
      ...takeOver(settings, context.build.local),
    };
  },
};
