import type { RunContext } from '../sdk/plugin.ts';
import type { Resources } from '../sdk/resources.ts';
import type { Tag } from './types.ts';

type Pairs = Readonly<Record<string, string>>;

/** EC2's form of a tag map. */
export function tagList(tags: Pairs): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** A tag map as data; tags without key are left out. */
export function tagMap(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).flatMap(tag => (tag.Key === undefined ? [] : [[tag.Key, tag.Value ?? '']])));
}

/** Tag specifications for a creating call: the user's tags, and the run's over them. */
export function tagSpecs<K extends string>(tags: Pairs, ...kinds: readonly K[]): { ResourceType: K; Tags: Tag[] }[] {
  const list = tagList(tags);
  return list.length === 0 ? [] : kinds.map(ResourceType => ({ ResourceType, Tags: list }));
}

/** Keys and values of a tag map with the run-time data filled in. Throws KilnError when a template is wrong. */
export function renderTags(
  run: Pick<RunContext, 'render'>,
  tags: Pairs,
  data: Readonly<Record<string, unknown>>,
): Pairs {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [run.render(key, data), run.render(value, data)]),
  );
}

/** The tag that tells this run's things from all others, as `key=value`; what an undo looks for. */
export function runTag(resources: Resources): string {
  const own = Object.entries(resources.tags).find(([, value]) => value === resources.runId);
  return own ? own.join('=') : '';
}

/**
 * What a finished product's tags say instead of an expiry, so that nobody takes it for a leftover.
 */
export function finishedTags(resources: Resources): Pairs {
  const keys = Object.keys(resources.tags).filter(key => key.endsWith(':expires'));
  return Object.fromEntries(keys.map(key => [key, 'never']));
}

/** Filters that match things carrying a `key=value` tag. */
export function tagFilter(tag: string | undefined): { Name: string; Values: string[] }[] {
  const at = tag?.indexOf('=') ?? -1;
  return tag && at > 0 ? [{ Name: `tag:${tag.slice(0, at)}`, Values: [tag.slice(at + 1)] }] : [];
}
