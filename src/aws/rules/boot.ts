import type { PrepareContext } from '../../sdk/plugin.ts';
import type { BootOptions } from '../options/index.ts';

/** Rules of the boot options (reference: common.json, rules.boot). */
export function checkBoot(options: BootOptions, context: PrepareContext): void {
  if (!options.uefi_data) return;
  if (options.boot_mode === 'legacy-bios') {
    context.error(['uefi_data'], 'conflicting-options', 'an image that boots by BIOS has no use for uefi_data');
  } else if (!options.boot_mode && options.ami_architecture !== 'arm64') {
    context.error(
      ['uefi_data'],
      'conflicting-options',
      'uefi_data needs an image that boots by UEFI',
      'set boot_mode to uefi or uefi-preferred',
    );
  }
}
