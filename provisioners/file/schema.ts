import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const fileOptions = {
  source: option.string({ note: 'File or folder to transfer; a folder ending in "/" gives its contents only.' }),
  sources: option.strings({ note: 'Several files or folders.', default: [] }),
  content: option.string({ note: 'Text to put into the destination, instead of a file.' }),
  destination: option.string({ note: 'Where it goes; ending in "/" it is a folder that exists.', required: true }),
  direction: option.string({
    note: 'To the machine, or from it.',
    default: 'upload',
    allowed: ['upload', 'download'],
  }),
  generated: option.boolean({
    note: 'The file is made by an earlier provisioner, so it need not exist yet.',
    default: false,
  }),
} as const;

export type FileOptions = OptionsOf<typeof fileOptions>;

export const schema: OptionSchema = {
  options: fileOptions,
  rules: [
    { rule: 'at-most-one', of: ['source', 'content'] },
    { rule: 'at-most-one', of: ['sources', 'content'] },
  ],
};
