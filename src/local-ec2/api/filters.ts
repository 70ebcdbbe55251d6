import { ApiError, invalidParameter } from '../protocol/errors.ts';
import type { Filters } from '../protocol/params.ts';
import type { Tags } from '../store/model.ts';
import { matchesWildcard } from '../wildcard.ts';

type FilterValue = string | number | boolean | undefined | readonly (string | undefined)[];

/** What each filter of a describe action compares with; times as ISO text. */
export type FilterTable<R> = Readonly<Record<string, (record: R) => FilterValue>>;

/** EC2's limit on values of one filter. */
const MAX_VALUES = 200;

/**
 * A test for the filters of a request: all filters must match, each by any of its values, with `*` and `?`.
 * Throws InvalidParameterValue for filters the action does not have.
 */
export function matcher<R extends { readonly tags: Tags }>(
  wanted: Filters,
  table: FilterTable<R>,
): (record: R) => boolean {
  const tests = wanted.map(({ Name: name, Value: values }) => {
    if (values.length > MAX_VALUES)
      throw new ApiError(
        'FilterLimitExceeded',
        `The maximum number of filter values specified on a single call is ${MAX_VALUES}`,
      );
    const read = reader(name, table);
    return (record: R): boolean => {
      const found = read(record);
      const texts = (Array.isArray(found) ? found : [found]).filter(one => one !== undefined).map(String);
      return values.some(value => texts.some(text => matchesWildcard(value, text)));
    };
  });
  return record => tests.every(test => test(record));
}

function reader<R extends { readonly tags: Tags }>(name: string, table: FilterTable<R>): (record: R) => FilterValue {
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length);
    return record => (Object.hasOwn(record.tags, key) ? record.tags[key] : undefined);
  }
  if (name === 'tag-key') return record => Object.keys(record.tags);
  if (name === 'tag-value') return record => Object.values(record.tags);
  const read = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!read) throw invalidParameter(`The filter '${name}' is invalid`);
  return read;
}

/** An ISO time as EC2's filters and answers spell it. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
