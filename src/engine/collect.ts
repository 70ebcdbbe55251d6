import { messageOf } from '../sdk/errors.ts';
import type { UndoResource } from '../sdk/resources.ts';
import { appendOutcome } from './ledger.ts';
import { leftovers, type RecordedResource, type RecordedRun } from './runs.ts';

/** Longest the undo of one resource may take, in milliseconds. */
const DEADLINE = 15 * 60_000;

export interface Leftover {
  readonly run: RecordedRun;
  readonly resource: RecordedResource;
}

/** What unfinished runs may have left, in the order to undo it: last created first. Runs that are alive are not looked at. */
export function findLeftovers(runs: readonly RecordedRun[]): Leftover[] {
  return runs
    .filter(run => run.status !== 'running' && run.status !== 'elsewhere')
    .flatMap(run =>
      leftovers(run)
        .reverse()
        .map(resource => ({ run, resource })),
    );
}

/** Undoes one leftover and writes the outcome to its ledger. Gives the reason when it could not. */
export async function collect({ run, resource }: Leftover, undo: UndoResource): Promise<string | undefined> {
  try {
    await undo(resource.ref, AbortSignal.timeout(DEADLINE));
  } catch (error) {
    const message = messageOf(error);
    appendOutcome(run.path, resource.n, { event: 'undo-failed', message });
    return message;
  }
  appendOutcome(run.path, resource.n, { event: 'undone' });
  return undefined;
}
