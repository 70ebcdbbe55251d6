import { checkBlockDevices, checkBoot, checkLaunch, isSpot } from '../../src/aws/rules/index.ts';
import type { PrepareContext } from '../../src/sdk/plugin.ts';
import type { SurrogateOptions } from './schema.ts';

/** Rules beyond the declared ones (reference: amazon-ebssurrogate.json). */
export function checkOptions(options: SurrogateOptions, context: PrepareContext): void {
  checkLaunch(options, context);
  checkBlockDevices(options.launch_block_device_mappings, 'launch_block_device_mappings', context);
  checkBoot(options, context);
  checkRoot(options, context);
  checkSpot(options, context);
}

function checkRoot(options: SurrogateOptions, context: PrepareContext): void {
  const root = options.ami_root_device;
  if (root?.volume_type === 'gp2' && root.iops) {
    context.error(['ami_root_device', 'iops'], 'bad-block-device', 'gp2 volumes do not take iops', 'leave iops out');
  }
  const source = root?.source_device_name;
  if (!source) return;
  const devices = options.launch_block_device_mappings ?? [];
  const index = devices.findIndex(device => device.device_name === source);
  const device = devices[index];
  const names = devices.map(one => one.device_name).join(', ');
  if (!device) {
    context.error(
      ['ami_root_device', 'source_device_name'],
      'missing-root-device',
      `no mapping of launch_block_device_mappings is named ${source}, which is to become the root`,
      names ? `they are named ${names}` : `add one with device_name "${source}"`,
    );
    return;
  }
  const at = (field: string) => ['launch_block_device_mappings', index, field];
  const role = `${source} is to become the root of the image`;
  if (device.omit_from_artifact) {
    context.error(at('omit_from_artifact'), 'conflicting-options', `${role}, so it cannot be left out of it`);
  }
  for (const field of ['no_device', 'virtual_name'] as const) {
    if (device[field]) context.error(at(field), 'conflicting-options', `${role}, so it must be an EBS volume`);
  }
}

function checkSpot(options: SurrogateOptions, context: PrepareContext): void {
  if (!isSpot(options)) return;
  if (options.use_create_image) {
    context.error(
      ['use_create_image'],
      'conflicting-options',
      'the root volume is swapped while the instance is stopped, and a spot instance does not stop',
      'launch on demand, or leave use_create_image out',
    );
  }
}
