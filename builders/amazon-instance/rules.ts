import { checkBlockDevices, checkFile, checkLaunch, checkSpotSwitches } from '../../src/aws/rules/index.ts';
import type { PrepareContext } from '../../src/sdk/plugin.ts';
import type { InstanceOptions } from './schema.ts';

/** Rules beyond the declared ones (reference: amazon-instance.json). */
export function checkOptions(options: InstanceOptions, context: PrepareContext): void {
  checkLaunch(options, context);
  checkBlockDevices(options.launch_block_device_mappings, 'launch_block_device_mappings', context);
  checkSpotSwitches(options, context);
  for (const name of ['x509_cert_path', 'x509_key_path'] as const) {
    const path = options[name];
    if (path) checkFile(path, [name], context);
  }
}
