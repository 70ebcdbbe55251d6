import { durationInWords } from '../../sdk/duration.ts';
import { alignedTable } from '../ui/table.ts';
import type { GcItem } from './leftovers.ts';

/** What was found, for people. */
export function gcTable(items: readonly GcItem[]): string {
  if (items.length === 0) return 'Nothing is left of earlier runs.\n';
  const rows = items.map(({ ref, since, runId, why }) => [
    ref.kind.replace(/^\w+:/, ''),
    ref.id ?? ref.name ?? '?',
    ref.account.region,
    since === undefined ? '?' : age(since),
    runId,
    why,
  ]);
  return alignedTable([['KIND', 'ID', 'REGION', 'AGE', 'RUN', 'WHY'], ...rows]);
}

function age(since: string): string {
  return durationInWords(Math.max(1000, Math.floor((Date.now() - Date.parse(since)) / 1000) * 1000));
}

/** What was found, for programs. */
export function gcJson(type: 'leftover' | 'removed' | 'failed', item: GcItem, problem?: string): string {
  const { ref, runId, template, build, since, why } = item;
  return `${JSON.stringify({
    type,
    run: runId,
    template,
    ...(build !== undefined && { build }),
    kind: ref.kind,
    region: ref.account.region,
    since,
    why,
    ...(ref.id && { id: ref.id }),
    ...(ref.name && { name: ref.name }),
    ...(problem !== undefined && { problem }),
  })}\n`;
}
