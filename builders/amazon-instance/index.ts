import { planImage } from '../../src/aws/image/plan.ts';
import { imageChecks, launchSettings } from '../../src/aws/launch/settings.ts';
import { SOURCE_DATA } from '../../src/aws/launch/source-data.ts';
import { takeOver } from '../../src/aws/launch/take-over.ts';
import { type Ec2Machine, isEc2Machine } from '../../src/aws/machine.ts';
import type { Builder, PreparedBuilder, RunContext } from '../../src/sdk/plugin.ts';
import { checkOptions } from './rules.ts';
import { type InstanceOptions, schema } from './schema.ts';

const BUILDER_ID = 'mitchellh.amazon.instance';

/** Launches an instance, has it bundle itself with the AMI tools, and registers the bundle as an instance-store AMI. */
export const plugin: Builder<InstanceOptions> = {
  kind: 'builder',
  type: 'amazon-instance',
  schema,
  prepare(options, context): PreparedBuilder {
    checkOptions(options, context);
    const region = options.region || undefined;
    const plan = planImage(options, { buildRegion: region, prevalidated: true, builderId: BUILDER_ID }, context);
    const settings = launchSettings(options, {
      mappings: options.launch_block_device_mappings ?? [],
      image: { ...imageChecks(options, plan.replace), anyRootDevice: true },
    });
    const taken = takeOver(settings, context.build.local);
    const withBundle = async (run: RunContext, machine: Ec2Machine): Promise<Ec2Machine> => {
      const { bundleSource, nameBundle } = await import('./bundle.ts');
      return { ...machine, imageSource: bundleSource(nameBundle(run, options), options) };
    };
    return {
      communicator: options,
      generated: SOURCE_DATA,
      finish: { type: 'ami', options: plan },
      ...taken,
      async launch(run) {
        const { launchSourceInstance } = await import('../../src/aws/launch/index.ts');
        return withBundle(run, await launchSourceInstance(run, settings));
      },
      attach: async (run, attachment) => withBundle(run, await taken.attach(run, attachment)),
      async afterProvision(run, machine) {
        if (!isEc2Machine(machine)) return;
        const { bundleMachine } = await import('./bundle.ts');
        await bundleMachine(run, machine, options);
      },
    };
  },
};
