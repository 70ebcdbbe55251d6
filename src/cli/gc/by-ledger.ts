import { collect, findLeftovers, type Leftover, sparingFinished } from '../../engine/collect.ts';
import { ledgerFolder } from '../../engine/ledger.ts';
import { readRuns } from '../../engine/runs.ts';
import { messageOf } from '../../sdk/errors.ts';
import type { ResourceRef } from '../../sdk/resources.ts';
import type { Io } from '../io.ts';
import type { GcFindings, GcItem } from './leftovers.ts';
import { LocalAccess } from './local-access.ts';

/** What the ledgers of this machine say was left. */
export async function findByLedger(io: Io): Promise<GcFindings> {
  const problems: string[] = [];
  const note = (message: string): void => void problems.push(message);
  const found = findLeftovers(readRuns(ledgerFolder(io.env), note));
  const local = new LocalAccess(io.env);
  const items = async (leftovers: readonly Leftover[], at: LocalAccess | undefined): Promise<GcItem[]> => {
    if (leftovers.length === 0) return [];
    const within = <T>(body: () => Promise<T>): Promise<T> => (at ? at.within(body) : body());
    const refOf = (ref: ResourceRef): ResourceRef => (at ? at.translate(ref) : ref);
    const { productState } = await import('../../aws/product-state.ts');
    const { undoResource } = await import('../../aws/undo.ts');
    const left = await within(() =>
      sparingFinished(leftovers, (ref, signal) => productState(refOf(ref), signal), note),
    );
    return left.map(one => ({
      ref: one.resource.ref,
      runId: one.run.runId,
      template: one.run.template,
      build: one.resource.build,
      since: one.resource.at,
      why: why(one),
      remove: () => within(() => collect(one, (ref, signal) => undoResource(refOf(ref), signal))),
    }));
  };
  const remote = await items(
    found.filter(({ run }) => !run.local),
    undefined,
  );
  const ofLocal = found.filter(({ run }) => run.local);
  let here: GcItem[] = [];
  try {
    if (ofLocal.length > 0) await local.open();
    here = await items(ofLocal, local);
  } catch (error) {
    note(`${ofLocal.length} left on the embedded EC2 cannot be looked at: ${messageOf(error)}`);
  }
  return { items: [...remote, ...here], problems, close: () => local.close() };
}

function why({ run, resource }: Leftover): string {
  if (resource.undoError) return `could not be removed: ${resource.undoError}`;
  if (run.resumable) return 'kept; "kiln resume" goes on with it';
  if (run.status === 'died') return resource.state === 'intended' ? 'the run died while creating it' : 'the run died';
  return resource.state === 'intended' ? 'the answer to its creation was lost' : `left by a run that ${run.status}`;
}
