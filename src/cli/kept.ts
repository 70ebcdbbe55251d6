import { type KeptRun, readKeptRun } from '../engine/kept-run.ts';
import { ledgerFolder } from '../engine/ledger.ts';
import { type RecordedRun, readRun, readRuns } from '../engine/runs.ts';
import { KilnError } from '../sdk/errors.ts';
import { didYouMean } from '../sdk/suggest.ts';
import type { Io } from './io.ts';

export interface FoundKeptRun {
  readonly run: RecordedRun;
  readonly kept: KeptRun;
}

/** A run that was kept: the named one, or the last one. Throws KilnError when there is none or it is at work. */
export function findKeptRun(io: Io, wanted: string | undefined, onProblem: (message: string) => void): FoundKeptRun {
  const runs = readRuns(ledgerFolder(io.env), onProblem);
  if (wanted === undefined || wanted === 'last') {
    const last = runs.filter(run => run.resumable).at(-1);
    if (last) return opened(last);
    throw new KilnError('no run is kept', {
      hint: 'builds that fail are kept by -on-error=keep; "kiln runs" lists the runs',
      code: 'not-kept',
    });
  }
  const run = runs.find(one => one.runId === wanted);
  if (run) return opened(run);
  throw new KilnError(
    `there is no run "${wanted}"`,
    didYouMean(
      wanted,
      runs.map(one => one.runId),
    ),
  );
}

/** The run as it is now, which may have changed while a lock was waited for. */
export function refreshed({ run }: FoundKeptRun): FoundKeptRun {
  return opened(readRun(run.path) ?? run);
}

function opened(run: RecordedRun): FoundKeptRun {
  if (run.status === 'running')
    throw new KilnError(`run ${run.runId} is at work in another process`, { code: 'run-alive' });
  return { run, kept: readKeptRun(run.path, run.runId) };
}
