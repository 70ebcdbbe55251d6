import { checkBlockDevices, checkLaunch, checkSpotSwitches } from '../../src/aws/rules/index.ts';
import type { PrepareContext } from '../../src/sdk/plugin.ts';
import type { EbsVolumeOptions } from './schema.ts';

/** Rules beyond the declared ones (reference: amazon-ebsvolume.json). */
export function checkOptions(options: EbsVolumeOptions, context: PrepareContext): void {
  checkLaunch(options, context);
  checkSpotSwitches(options, context);
  checkBlockDevices(options.ebs_volumes, 'ebs_volumes', context);
  for (const [index, volume] of (options.ebs_volumes ?? []).entries()) {
    if (!volume.snapshot_description || volume.snapshot_volume) continue;
    context.error(
      ['ebs_volumes', index, 'snapshot_description'],
      'missing-option',
      `${volume.device_name ?? 'the volume'} has a snapshot_description, but no snapshot is made of it`,
      'set snapshot_volume to true',
    );
  }
}
