import { startOf, whyLeftover } from '../../engine/collect-tagged.ts';
import { ledgerFolder } from '../../engine/ledger.ts';
import { readRuns } from '../../engine/runs.ts';
import { messageOf } from '../../sdk/errors.ts';
import type { Io } from '../io.ts';
import type { GcFindings, GcItem } from './leftovers.ts';

/** Longest that looking through one region may take, and removing one thing, in milliseconds. */
const LOOK = 5 * 60_000;
const REMOVE = 15 * 60_000;

/** What the tags in an account's regions say was left, by whatever machine. */
export async function findByTag(
  io: Io,
  regions: readonly [string, ...string[]],
  olderThan: number | undefined,
): Promise<GcFindings> {
  const [{ findTagged, findTaggedIam }, { undoResource }] = await Promise.all([
    import('../../aws/tagged-resources.ts'),
    import('../../aws/undo.ts'),
  ]);
  const problems: string[] = [];
  const rules = {
    runs: readRuns(ledgerFolder(io.env), message => void problems.push(message)),
    now: Date.now(),
    olderThan,
  };
  const items: GcItem[] = [];
  const look = async (what: string, find: () => ReturnType<typeof findTagged>): Promise<void> => {
    try {
      for (const one of await find()) {
        const why = whyLeftover(one, rules);
        if (why === undefined) continue;
        items.push({
          ref: one.ref,
          runId: one.runId,
          template: one.template,
          since: one.createdAt ?? sinceOf(one.runId),
          why,
          remove: () =>
            undoResource(one.ref, AbortSignal.timeout(REMOVE)).then(
              () => undefined,
              error => messageOf(error),
            ),
        });
      }
    } catch (error) {
      problems.push(`${what} could not be looked through: ${messageOf(error)}`);
    }
  };
  for (const region of regions) await look(region, () => findTagged(region, AbortSignal.timeout(LOOK)));
  await look('IAM', () => findTaggedIam(regions[0], AbortSignal.timeout(LOOK)));
  return { items, problems, close: async () => {} };
}

function sinceOf(runId: string): string | undefined {
  const began = startOf(runId);
  return began === undefined ? undefined : new Date(began).toISOString();
}
