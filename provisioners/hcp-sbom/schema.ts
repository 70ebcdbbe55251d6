import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const sbomOptions = {
  source: option.string({ note: 'Remote path of an SPDX or CycloneDX document (JSON).' }),
  destination: option.string({ note: 'Where to put the copy on this host: a file, or a folder that exists.' }),
  sbom_name: option.string({ note: 'Name of the document.', pattern: '^[0-9A-Za-z-]{3,36}$' }),
  auto_generate: option.boolean({ note: 'Make the document with a scanner on the machine.', default: false }),
  scanner_args: option.strings({ note: 'Arguments of the scanner.', default: ['-o', 'cyclonedx-json'] }),
  scan_path: option.string({ note: 'What to scan.', default: '/' }),
  execute_command: option.string({
    note: 'The remote command that scans. Fields: Path, Args, ScanPath, Output.',
    late: true,
  }),
  elevated_user: option.string({ note: 'Windows: run as this user.' }),
  elevated_password: option.string({ note: 'Its password.', secret: true }),
  scanner_url: option.string({ note: 'Without effect.', deprecated: 'the scanner is chosen automatically' }),
  scanner_checksum: option.string({ note: 'Without effect.', deprecated: 'the scanner is chosen automatically' }),
} as const;

export type SbomOptions = OptionsOf<typeof sbomOptions>;

export const schema: OptionSchema = {
  options: sbomOptions,
  rules: [
    { rule: 'requires', if: 'elevated_password', all: ['elevated_user'] },
    { rule: 'requires', if: 'scanner_checksum', all: ['scanner_url'] },
  ],
};
