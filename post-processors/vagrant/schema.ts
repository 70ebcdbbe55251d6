import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';
import { PROVIDERS } from './providers.ts';

const boxFields = {
  output: option.string({
    note: 'The box to write. May use ArtifactId, BuildName, Provider, Architecture and build data.',
    default: 'packer_{{ .BuildName }}_{{ .Provider }}_{{ .Architecture }}.box',
    late: true,
  }),
  compression_level: option.integer({
    note: '0 for a plain tar, 1 to 9 for gzip; -1 is the default effort.',
    default: -1,
    keepEmpty: true,
  }),
  include: option.strings({ note: 'Files to put into the top of the box, under their base names.' }),
  vagrantfile_template: option.string({
    note: "File whose text, rendered like output, is appended to the box's Vagrantfile.",
  }),
  vagrantfile_template_generated: option.boolean({
    note: 'The template file is made during the build, so it need not exist before.',
    default: false,
  }),
  provider_override: option.string({
    note: 'Provider to make the box for, instead of the one that fits the artifact.',
    allowed: Object.keys(PROVIDERS),
  }),
  architecture: option.string({
    note: "Architecture to announce in the box; this host's own when not given.",
  }),
} as const;

export type BoxOptions = OptionsOf<typeof boxFields>;

export const vagrantOptions = {
  ...boxFields,
  override: option.blockMap(boxFields, {
    note: 'Options that hold for one provider only: an object for each provider name.',
    late: true,
  }),
} as const;

export type VagrantOptions = OptionsOf<typeof vagrantOptions>;

export const schema: OptionSchema = { options: vagrantOptions };
