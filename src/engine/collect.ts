import { messageOf } from '../sdk/errors.ts';
import type { ResourceRef, UndoResource } from '../sdk/resources.ts';
import { describe } from './build-resources.ts';
import { forgetKeptRun } from './kept-run.ts';
import { appendOutcome } from './ledger.ts';
import { leftovers, type RecordedResource, type RecordedRun, readRun } from './runs.ts';

/** Longest the undo of one resource may take, in milliseconds. */
const DEADLINE = 15 * 60_000;
/** Longest a question about one image may take, in milliseconds. */
const QUESTION = 60_000;

export interface Leftover {
  readonly run: RecordedRun;
  readonly resource: RecordedResource;
}

/** How collecting reaches the account: the engine knows no AWS. */
export interface Collector {
  readonly undo: UndoResource;
  /** How far an image or snapshot got, by what its account says. */
  readonly productState: (ref: ResourceRef, signal: AbortSignal) => Promise<'finished' | 'unfinished' | 'absent'>;
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

/**
 * Takes finished images out of the leftovers and records that they are kept. A run that was killed, or whose disk was
 * full, may have finished its images without its ledger saying so. Images of one name belong together: when one of them
 * is not finished, none is. Images that cannot be looked up are told to `onProblem` and left out.
 */
export async function sparingFinished(
  found: readonly Leftover[],
  productState: Collector['productState'],
  onProblem: (message: string) => void,
): Promise<Leftover[]> {
  const spared = new Set<Leftover>();
  const unknown = new Set<Leftover>();
  const groups = new Map<string, Leftover[]>();
  for (const one of found) {
    if (one.resource.ref.kind !== 'ec2:image') continue;
    const key = JSON.stringify([one.run.runId, one.resource.build, one.resource.ref.name]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const state = ({ resource }: Leftover) => productState(resource.ref, AbortSignal.timeout(QUESTION));
  for (const group of groups.values()) {
    const [{ run, resource }] = group as [Leftover];
    // Snapshots taken before their image was registered have entries of their own.
    const beside = found.filter(
      one => one.run === run && one.resource.build === resource.build && one.resource.ref.kind === 'ec2:snapshot',
    );
    try {
      const states = await Promise.all(group.map(state));
      if (states.includes('unfinished') || !states.includes('finished')) continue;
      for (const one of group) spared.add(one);
      for (const one of beside) if ((await state(one)) === 'finished') spared.add(one);
    } catch (error) {
      for (const one of [...group, ...beside]) unknown.add(one);
      onProblem(`whether ${describe(resource.ref)} is finished could not be found out: ${messageOf(error)}`);
    }
  }
  for (const { run, resource } of spared) appendOutcome(run.path, resource.n, { event: 'kept' });
  return found.filter(one => !spared.has(one) && !unknown.has(one));
}

/**
 * Undoes one leftover and writes the outcome to its ledger. Gives the reason when it could not. What has been settled
 * since it was listed (another gc), or is in use again (the run was resumed), is left alone.
 */
export async function collect({ run, resource }: Leftover, undo: UndoResource): Promise<string | undefined> {
  try {
    if (!stillLeft(run, resource)) return undefined;
    await undo({ ...resource.ref, recordedAt: resource.at }, AbortSignal.timeout(DEADLINE));
    appendOutcome(run.path, resource.n, { event: 'undone' });
    if (run.resumable && nothingLeft(run)) forgetKeptRun(run.path);
    return undefined;
  } catch (error) {
    const message = messageOf(error);
    appendOutcome(run.path, resource.n, { event: 'undo-failed', message });
    return message;
  }
}

/** Without its machine a kept run is of no use, and its private key need not lie about. */
function nothingLeft(run: RecordedRun): boolean {
  const now = readRun(run.path);
  return now === undefined || leftovers(now).length === 0;
}

function stillLeft(run: RecordedRun, resource: RecordedResource): boolean {
  const now = readRun(run.path);
  if (!now || now.status === 'running') return false;
  return leftovers(now).some(one => one.n === resource.n);
}
