import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const sleepOptions = {
  duration: option.duration({ note: 'How long to wait.', default: '0s' }),
} as const;

export type SleepOptions = OptionsOf<typeof sleepOptions>;

export const schema: OptionSchema = { options: sleepOptions };
