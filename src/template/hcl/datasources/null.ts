import { dataSource } from '../../../sdk/data-source.ts';
import { type OptionsOf, option } from '../../../sdk/options.ts';

const options = {
  input: option.string({ note: 'The value to give back.', required: true, keepEmpty: true }),
} as const;

/** Gives back what it gets: for trying out how data sources behave. */
export const nullDataSource = dataSource<OptionsOf<typeof options>>({
  type: 'null',
  schema: { options },
  outputs: { output: 'string' },
  read: async ({ input }) => ({ output: input }),
});
