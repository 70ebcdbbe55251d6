import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const fileOptions = {
  target: option.string({ note: 'The file to make; its folders are made too.', required: true }),
  source: option.string({ note: 'File to copy.' }),
  content: option.string({ note: 'Text to write.' }),
} as const;

export type FileOptions = OptionsOf<typeof fileOptions>;

export const schema: OptionSchema = {
  options: fileOptions,
  rules: [{ rule: 'at-most-one', of: ['source', 'content'] }],
};
