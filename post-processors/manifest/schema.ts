import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const manifestOptions = {
  output: option.string({
    note: 'The file that lists the builds; its folder must exist.',
    default: 'packer-manifest.json',
  }),
  strip_path: option.boolean({ note: 'List files by their base names.', default: false }),
  strip_time: option.boolean({ note: 'Leave build_time out.', default: false }),
  custom_data: option.map({ note: 'Values of your own for the entry; they may use build data.', late: true }),
} as const;

export type ManifestOptions = OptionsOf<typeof manifestOptions>;

export const schema: OptionSchema = { options: manifestOptions };
