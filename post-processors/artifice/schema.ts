import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const artificeOptions = {
  files: option.strings({
    note: 'Files of the new artifact; *, ? and [a-z] match within one path element. Patterns without a match are dropped.',
    required: true,
  }),
} as const;

export type ArtificeOptions = OptionsOf<typeof artificeOptions>;

export const schema: OptionSchema = { options: artificeOptions };
