import { planImage } from '../../src/aws/image/plan.ts';
import { SOURCE_DATA } from '../../src/aws/launch/source-data.ts';
import type { Builder, PreparedBuilder } from '../../src/sdk/plugin.ts';
import { checkOptions } from './rules.ts';
import { type ChrootOptions, schema } from './schema.ts';
import { chrootSettings } from './settings.ts';

const BUILDER_ID = 'mitchellh.amazon.chroot';

/** Runs on an EC2 instance: attaches a volume to it, has it provisioned in a chroot, and makes an AMI of the volume. */
export const plugin: Builder<ChrootOptions> = {
  kind: 'builder',
  type: 'amazon-chroot',
  schema,
  prepare(options, context): PreparedBuilder {
    checkOptions(options, context);
    const region = options.region || undefined;
    const plan = planImage(
      // The rules of this builder's own mappings are checked with them.
      { ...options, ami_block_device_mappings: [] },
      { buildRegion: region, prevalidated: true, builderId: BUILDER_ID },
      context,
    );
    const settings = chrootSettings(options);
    return {
      generated: [...SOURCE_DATA, 'Device', 'MountPath'],
      finish: { type: 'ami', options: plan },
      async launch(run) {
        const { enterVolume } = await import('./launch.ts');
        return enterVolume(run, settings, plan);
      },
    };
  },
};
