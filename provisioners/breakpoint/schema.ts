import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const breakpointOptions = {
  note: option.string({ note: 'Text to show at the pause.' }),
  disable: option.boolean({ note: 'Do not pause.', default: false }),
} as const;

export type BreakpointOptions = OptionsOf<typeof breakpointOptions>;

export const schema: OptionSchema = { options: breakpointOptions };
