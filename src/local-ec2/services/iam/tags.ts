import { ApiError } from '../../protocol/errors.ts';
import { list, required, string, struct } from '../../protocol/params.ts';
import type { Tags } from '../../store/model.ts';

export const iamTags = list(struct({ Key: required(string), Value: string }));

/** IAM's tags as a table. Keys are case-insensitive there; the first spelling stays. */
export function readTags(given: readonly { readonly Key: string; readonly Value: string | undefined }[]): Tags {
  const tags: Tags = {};
  for (const { Key: key, Value: value = '' } of given) {
    if (key === '__proto__' || key.length > 128 || value.length > 256)
      throw new ApiError(
        'ValidationError',
        `1 validation error detected: Value at 'tags' failed to satisfy constraint: invalid tag ${key.slice(0, 40)}`,
      );
    tags[key] = value;
  }
  return tags;
}

export function tagsXml(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Names of roles, profiles and policies. Source: IAM API reference. */
export function checkName(name: string, parameter: string, longest: number): void {
  if (!/^[\w+=,.@-]+$/.test(name) || name.length > longest || name === '__proto__')
    throw new ApiError(
      'ValidationError',
      `1 validation error detected: Value '${name}' at '${parameter}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+ and have length less than or equal to ${longest}`,
    );
}
