import { sleep } from '../../sdk/async.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Ec2 } from '../client/index.ts';
import { blockDeviceMappings } from '../launch/block-devices.ts';
import type { Ec2Machine } from '../machine.ts';
import type { AmiOptions } from '../options/index.ts';
import { isAwsError } from '../policy/aws-error.ts';
import { tagSpecs } from '../tags.ts';
import type { BlockDeviceMapping } from '../types.ts';
import { checkAlive } from '../waits.ts';
import { acquireImage } from './acquire.ts';
import type { MadeImage, Making } from './making.ts';

/** How long CreateImage is tried while EC2 does not see yet that the instance has stopped (reference: CreateImage). */
const STATE_PATIENCE = 15 * 60_000;
/** First and longest pause between two of those tries, in milliseconds. */
const STATE_PAUSE = 200;
const LONGEST_STATE_PAUSE = 10_000;

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
  return acquireImage(making, ec2, name, 'image', () => whileInstanceRests(ec2, instanceId, run.signal, create));
}

/**
 * Tries again while EC2 says that the instance is in no state for an image, which is late news after a stop. Throws when
 * the instance is gone for good, as an interrupted one is.
 */
async function whileInstanceRests<T>(
  ec2: Ec2,
  instanceId: string,
  signal: AbortSignal,
  create: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  for (let pause = STATE_PAUSE; ; pause = Math.min(pause * 2, LONGEST_STATE_PAUSE)) {
    try {
      return await create();
    } catch (error) {
      const wrongState =
        isAwsError(error, 'InvalidParameterValue') && error.message.includes('Instance is not in state');
      if (!wrongState || performance.now() - started > STATE_PATIENCE) throw error;
    }
    await checkAlive(ec2, instanceId, signal);
    await sleep(pause, signal);
  }
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
