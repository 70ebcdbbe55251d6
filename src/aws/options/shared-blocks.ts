import { type OptionsOf, option } from '../../sdk/options.ts';

export const keyValueFields = {
  key: option.string({ note: 'Key of the entry.', required: true }),
  value: option.string({ note: 'Value of the entry.', required: true, keepEmpty: true }),
} as const;

export const nameValueFields = {
  name: option.string({ note: 'Name of the entry.', required: true }),
  value: option.string({ note: 'Value of the entry.', required: true, keepEmpty: true }),
} as const;

/** EC2 describe filters; each value is one CSV row, so that a comma separates several values. */
export const filterFields = {
  filters: option.map({ note: 'Names of EC2 filters and their values; a comma separates several values.' }),
  filter: option.blocks(nameValueFields, { note: 'The same as filters, one block for each.' }),
} as const;

export const imageFilterFields = {
  filters: option.map({ note: 'Names of DescribeImages filters and their values; a comma separates several values.' }),
  owners: option.strings({
    note: 'Who owns the image: account ids, `self`, or aliases such as `amazon` and `aws-marketplace`.',
  }),
  most_recent: option.boolean({ note: 'Take the newest when several images match.', default: false }),
  include_deprecated: option.boolean({ note: 'Let deprecated images match too.', default: false }),
} as const;

export type KeyValue = OptionsOf<typeof keyValueFields>;
export type NameValue = OptionsOf<typeof nameValueFields>;
export type FilterOptions = OptionsOf<typeof filterFields>;
export type ImageFilterOptions = OptionsOf<typeof imageFilterFields>;
