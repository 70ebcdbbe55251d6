import { type OptionsOf, option } from '../../sdk/options.ts';

/** How an image registered from a snapshot boots (amazon-ebssurrogate, amazon-chroot). */
export const bootOptions = {
  ami_architecture: option.string({
    note: 'Architecture of the registered image.',
    default: 'x86_64',
    allowed: ['arm64', 'arm64_mac', 'i386', 'x86_64', 'x86_64_mac'],
  }),
  boot_mode: option.string({
    note: "Boot mode of the registered image; the architecture's usual one when empty.",
    allowed: ['legacy-bios', 'uefi', 'uefi-preferred'],
  }),
  uefi_data: option.string({ note: 'UEFI variable store, base64.' }),
  tpm_support: option.string({ note: 'NitroTPM version.', allowed: ['', 'v2.0'] }),
} as const;

export type BootOptions = OptionsOf<typeof bootOptions>;
