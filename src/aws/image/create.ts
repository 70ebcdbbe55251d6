import type { RunContext } from '../../sdk/plugin.ts';
import { blockDeviceMappings } from '../launch/block-devices.ts';
import type { Ec2Machine } from '../machine.ts';
import type { AmiOptions } from '../options/index.ts';
import { isAwsError } from '../policy/aws-error.ts';
import { tagSpecs } from '../tags.ts';
import type { BlockDeviceMapping } from '../types.ts';
import { acquireImage } from './acquire.ts';
import type { MadeImage, Making } from './making.ts';
import { whileAlive } from './while-alive.ts';

/** How long CreateImage is tried while EC2 does not see yet that the instance has stopped (reference: CreateImage). */
const STATE_PATIENCE = 15 * 60_000;

function isWrongState(error: unknown): boolean {
  return isAwsError(error, 'InvalidParameterValue') && error.message.includes('Instance is not in state');
}

/** CreateImage of the instance under a name; `final` images carry the template's tags and description already. */
export async function createFromInstance(
  making: Making,
  name: string,
  final: boolean,
  mappings: readonly BlockDeviceMapping[] = blockDeviceMappings(making.plan.mappings),
): Promise<MadeImage> {
  const { run, machine, plan } = making;
  const { ec2, instanceId } = machine;
  run.ui.say(`Creating AMI ${name} from instance ${instanceId}`);
  const tags = final ? making.imageTags : plan.options.skip_ami_run_tags ? {} : machine.runTags;
  const create = async (): Promise<string | undefined> => {
    const reply = await ec2.createImage(
      {
        InstanceId: instanceId,
        Name: name,
        ...(final && making.description && { Description: making.description }),
        ...(mappings.length > 0 && { BlockDeviceMappings: [...mappings] }),
        TagSpecifications: [
          ...tagSpecs({ ...tags, ...run.resources.tags }, 'image' as const),
          ...tagSpecs({ ...tags, ...(final && making.snapshotTags), ...run.resources.tags }, 'snapshot' as const),
        ],
      },
      run.signal,
    );
    return reply.ImageId;
  };
  return acquireImage(making, ec2, name, 'image', () =>
    whileAlive(ec2, instanceId, run.signal, create, isWrongState, STATE_PATIENCE),
  );
}

/** Switches enhanced networking of the instance, which the image takes over (reference: step 16). */
export async function modifyInstance(
  run: RunContext,
  { ec2, instanceId }: Pick<Ec2Machine, 'ec2' | 'instanceId'>,
  options: Pick<Partial<AmiOptions>, 'ena_support' | 'sriov_support'>,
): Promise<void> {
  if (options.sriov_support) {
    run.ui.say('Enabling Enhanced Networking (SR-IOV)...');
    await ec2.modifyInstanceAttribute({ InstanceId: instanceId, SriovNetSupport: { Value: 'simple' } }, run.signal);
  }
  const ena = options.ena_support;
  if (ena !== undefined) {
    run.ui.say(`${ena ? 'Enabling' : 'Disabling'} Enhanced Networking (ENA)...`);
    await ec2.modifyInstanceAttribute({ InstanceId: instanceId, EnaSupport: { Value: ena } }, run.signal);
  }
}
