import { ledgerFolder } from '../../engine/ledger.ts';
import { leftovers, type RecordedRun, readRuns } from '../../engine/runs.ts';
import { KilnError } from '../../sdk/errors.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import type { Io } from '../io.ts';
import { outputMode } from '../output-mode.ts';
import type { ParsedArgs } from '../parse-args.ts';
import { reportFailure } from '../ui/report.ts';
import { runHistory, shortTime } from '../ui/run-history.ts';
import { alignedTable } from '../ui/table.ts';

/** Lists the runs that created something, or the timeline of one. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const mode = outputMode(args);
  const runs = readRuns(ledgerFolder(io.env), message => reportFailure(io, mode, message));
  const [wanted] = args.positionals;
  if (wanted !== undefined) return showOne(find(runs, wanted), io, mode.kind === 'json');
  if (mode.kind === 'json') for (const one of runs) io.out(`${JSON.stringify({ type: 'run', ...summary(one) })}\n`);
  else if (runs.length === 0) io.out('No run has created anything yet.\n');
  else {
    const rows = runs.map(one => [
      one.runId,
      shortTime(one.startedAt),
      statusWord(one),
      String(one.resources.length),
      String(leftovers(one).length),
      one.template,
    ]);
    io.out(alignedTable([['RUN', 'STARTED', 'STATUS', 'CREATED', 'LEFT', 'TEMPLATE'], ...rows]));
  }
  return 0;
}

function find(runs: readonly RecordedRun[], wanted: string): RecordedRun {
  const found = runs.find(one => one.runId === wanted) ?? (wanted === 'last' ? runs.at(-1) : undefined);
  if (found) return found;
  throw new KilnError(
    `there is no run "${wanted}"`,
    didYouMean(
      wanted,
      runs.map(one => one.runId),
    ),
  );
}

/** `kept` says more than that the run failed: it can go on. */
function statusWord(one: RecordedRun): string {
  return one.resumable && one.status !== 'running' ? 'kept' : one.status;
}

function summary(one: RecordedRun): Record<string, unknown> {
  return {
    run: one.runId,
    startedAt: one.startedAt,
    template: one.template,
    local: one.local,
    status: one.status,
    resumable: one.resumable,
    created: one.resources.length,
    left: leftovers(one).length,
  };
}

function showOne(one: RecordedRun, io: Io, json: boolean): number {
  if (json) {
    io.out(`${JSON.stringify({ ...summary(one), resources: one.resources, timeline: one.timeline }, null, 2)}\n`);
    return 0;
  }
  io.out(`Run ${one.runId} of ${one.template} in ${one.cwd}: ${statusWord(one)}\n`);
  io.out(`\n${runHistory(one)}${whatNext(one)}`);
  return 0;
}

function whatNext(one: RecordedRun): string {
  const left = leftovers(one).length;
  if (left === 0 || one.status === 'running') return '';
  if (one.resumable)
    return `\nLook around with "kiln ssh ${one.runId}", go on with "kiln resume ${one.runId}", or remove it with "kiln gc".\n`;
  return `\n${left === 1 ? 'One thing is' : `${left} things are`} left. "kiln gc" lists and removes what runs left.\n`;
}
