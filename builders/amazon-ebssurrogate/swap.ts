import { keptDevices } from '../../src/aws/launch/block-devices.ts';
import type { Ec2Machine } from '../../src/aws/machine.ts';
import { undoWith } from '../../src/aws/undo.ts';
import { attachVolume, detachVolume } from '../../src/aws/volumes/attach.ts';
import { volumeAt, volumesOf } from '../../src/aws/volumes/of-instance.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import type { SurrogateOptions } from './schema.ts';

/** A root device that many images have beside the one they name (reference: amazon-ebssurrogate.json). */
const USUAL_ROOT = '/dev/sda1';

/**
 * Puts the surrogate volume in the place of the stopped instance's root, and takes off what is not to be in the image.
 * A volume that is taken off would not go with the instance, so the build owns it from now on.
 */
export async function swapVolumes(run: RunContext, machine: Ec2Machine, options: SurrogateOptions): Promise<void> {
  const { ec2, instanceId } = machine;
  const root = options.ami_root_device;
  const mappings = options.launch_block_device_mappings ?? [];
  const volumes = await volumesOf(machine, run.signal);
  const surrogate = volumeAt(volumes, root.source_device_name, instanceId);
  const omitted = mappings.filter(one => one.omit_from_artifact).map(one => one.device_name);
  const off = new Set([...omitted, root.source_device_name, root.device_name, USUAL_ROOT]);
  const kept = new Set(keptDevices(mappings));
  for (const [device, volume] of volumes) {
    if (!off.has(device)) continue;
    if (!kept.has(device)) await ownVolume(run, machine, volume);
    run.ui.say(`Detaching volume ${volume} from ${device}`);
    await detachVolume(ec2, volume, run.signal);
  }
  run.ui.say(`Attaching volume ${surrogate} as ${root.device_name}`);
  await attachVolume(ec2, surrogate, { instance: instanceId, device: root.device_name }, run.signal);
}

async function ownVolume(run: RunContext, { aws, ec2 }: Ec2Machine, volume: string): Promise<void> {
  await run.resources.acquire(
    { kind: 'ec2:volume', account: ec2.account },
    async () => ({ id: volume, value: volume }),
    undoWith(aws),
  );
}
