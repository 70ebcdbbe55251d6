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

/** The tag by which an unfinished thing counts as a leftover after a certain time (see docs/never-leak.md). */
export const EXPIRES_TAG = 'kiln:expires';
export const RUN_TAG = 'kiln:run';
/** The tag by which one thing is found when the answer of its creation was lost, where EC2 keeps no client token. */
export const TOKEN_TAG = 'kiln:token';
/** What the expiry of a finished product says. */
const NEVER = 'never';

/**
 * What a finished product's tags say instead of an expiry, so that nobody takes it for a leftover.
 */
export function finishedTags(resources: Resources): Pairs {
  return EXPIRES_TAG in resources.tags ? { [EXPIRES_TAG]: NEVER } : {};
}

/** Whether kiln has marked it as a finished product. */
export function isFinished(tags: readonly Tag[] | undefined): boolean {
  return (tags ?? []).some(tag => tag.Key === EXPIRES_TAG && tag.Value === NEVER);
}

/** Filters that match things carrying a `key=value` tag. */
export function tagFilter(tag: string | undefined): { Name: string; Values: string[] }[] {
  const at = tag?.indexOf('=') ?? -1;
  return tag && at > 0 ? [{ Name: `tag:${tag.slice(0, at)}`, Values: [tag.slice(at + 1)] }] : [];
}
