import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const compressOptions = {
  output: option.string({
    note: 'The file to write. The last parts of its name choose container and compression: .tar.gz, .tar, .zip, .gz, .lz4, .xz, .bzip2, .bgzf; anything else is tar with gzip. May use BuildName, BuilderType and build data.',
    default: 'packer_{{.BuildName}}_{{.BuilderType}}',
    late: true,
  }),
  format: option.string({ note: 'Chooses as if it were appended to the name of output, which stays as it is.' }),
  compression_level: option.integer({
    note: 'Effort from 1 to 9; unset, 0 and -1 leave it to the compressor, more than 9 counts as 9.',
  }),
} as const;

export type CompressOptions = OptionsOf<typeof compressOptions>;

export const schema: OptionSchema = { options: compressOptions };
