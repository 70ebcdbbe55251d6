import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const checksumOptions = {
  checksum_types: option.strings({
    note: 'Digests to compute.',
    default: ['md5'],
    allowed: ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'],
  }),
  output: option.string({
    note: 'The file that each digest is appended to. May use BuildName, BuilderType, ChecksumType and build data.',
    default: 'packer_{{.BuildName}}_{{.BuilderType}}_{{.ChecksumType}}.checksum',
    late: true,
  }),
} as const;

export type ChecksumOptions = OptionsOf<typeof checksumOptions>;

export const schema: OptionSchema = { options: checksumOptions };
