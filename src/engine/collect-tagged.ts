import type { ResourceRef } from '../sdk/resources.ts';
import type { RecordedRun } from './runs.ts';

/** What a tag says of a resource; see src/aws/tagged.ts. */
export interface Tagged {
  readonly ref: ResourceRef;
  readonly runId: string;
  readonly expires: string;
}

export interface TagRules {
  /** Runs with a ledger on this machine: of those it is known whether they are alive. */
  readonly runs: readonly RecordedRun[];
  readonly now: number;
  /** Milliseconds: runs that began longer ago count as dead although they have not expired. */
  readonly olderThan?: number | undefined;
}

/**
 * Why a tagged resource counts as a leftover; undefined when it does not: it is a finished product, or its run may be
 * alive.
 */
export function whyLeftover({ runId, expires }: Tagged, { runs, now, olderThan }: TagRules): string | undefined {
  if (expires === 'never') return undefined;
  const ends = Date.parse(expires);
  const expired = Number.isNaN(ends) ? undefined : ends < now;
  const here = runs.find(run => run.runId === runId);
  if (here?.status === 'running') return undefined;
  if (expired) return `its run expired at ${expires}`;
  if (here?.status === 'died') return 'its run died on this machine';
  if (here && here.status !== 'elsewhere' && !here.resumable) return `left by a run that ${here.status}`;
  const began = startOf(runId);
  if (olderThan !== undefined && began !== undefined && !here?.resumable && now - began >= olderThan)
    return `its run began at ${new Date(began).toISOString()}`;
  return undefined;
}

/** When a run began, milliseconds since 1970, by its id (`20261120-133015-1a2b3c`); undefined for other ids. */
export function startOf(runId: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})-[0-9a-f]{6}$/.exec(runId);
  if (!match) return undefined;
  const [year = 0, month = 1, ...rest] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...(rest as [number, number, number, number]));
}
