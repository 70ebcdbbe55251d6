import { describe } from '../../engine/build-resources.ts';
import { collect, findLeftovers, type Leftover } from '../../engine/collect.ts';
import { ledgerFolder } from '../../engine/ledger.ts';
import { readRuns } from '../../engine/runs.ts';
import { durationInWords } from '../../sdk/duration.ts';
import type { UndoResource } from '../../sdk/resources.ts';
import type { Io } from '../io.ts';
import { openLocalEc2 } from '../local/open.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { askOnTerminal } from '../prompt.ts';
import { reportFailure } from '../ui/report.ts';

/** Lists what runs that died have left, and removes it with -yes or when the user says so. Idempotent. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  if (args.positionals.length > 0) throw new UsageError('gc takes no arguments');
  const mode = outputMode(args);
  const runs = readRuns(ledgerFolder(io.env), message => reportFailure(io, mode, message));
  const found = findLeftovers(runs);
  const json = mode.kind === 'json';
  for (const one of found) if (json) io.out(`${JSON.stringify({ type: 'leftover', ...toJson(one) })}\n`);
  if (!json) io.out(table(found));
  if (found.length === 0) return 0;
  if (!args.boolean('yes')) {
    const ask = askOnTerminal(io, mode, () => {});
    const answer = await ask(`Remove these ${found.length}? [y/N]`, new AbortController().signal).catch(() => '');
    if (!/^y(es)?$/i.test(answer.trim())) {
      if (!json) io.out('Nothing was removed. "kiln gc -yes" removes without asking.\n');
      return 0;
    }
  }
  return removeAll(found, io, json);
}

async function removeAll(found: readonly Leftover[], io: Io, json: boolean): Promise<number> {
  const { undoResource } = await import('../../aws/undo.ts');
  let failed = 0;
  const remove = async (one: Leftover, undo: UndoResource): Promise<void> => {
    const problem = await collect(one, undo);
    if (problem !== undefined) failed += 1;
    if (json)
      io.out(
        `${JSON.stringify({ type: problem === undefined ? 'removed' : 'failed', ...toJson(one), ...(problem && { problem }) })}\n`,
      );
    else if (problem === undefined) io.out(`Removed ${describe(one.resource.ref)}\n`);
    else io.err(`Could not remove ${describe(one.resource.ref)}: ${problem}\n`);
  };
  for (const one of found.filter(({ run }) => !run.local)) await remove(one, undoResource);
  const ofLocal = found.filter(({ run }) => run.local);
  if (ofLocal.length === 0) return failed > 0 ? 1 : 0;
  // Opening it points the AWS clients of this process at it, so these come last.
  const local = await openLocalEc2({ env: io.env, notice: () => {} });
  try {
    const undo: UndoResource = (ref, signal) =>
      undoResource({ ...ref, account: { region: ref.account.region, endpoint: local.endpoint } }, signal);
    for (const one of ofLocal) await remove(one, undo);
  } finally {
    await local.close();
  }
  return failed > 0 ? 1 : 0;
}

function toJson({ run, resource }: Leftover): Record<string, unknown> {
  const { ref } = resource;
  return {
    run: run.runId,
    template: run.template,
    build: resource.build,
    kind: ref.kind,
    region: ref.account.region,
    since: resource.at,
    why: why({ run, resource }),
    ...(ref.id && { id: ref.id }),
    ...(ref.name && { name: ref.name }),
  };
}

function why({ run, resource }: Leftover): string {
  if (resource.undoError) return `could not be removed: ${resource.undoError}`;
  if (run.status === 'died') return resource.state === 'intended' ? 'the run died while creating it' : 'the run died';
  return resource.state === 'intended' ? 'the answer to its creation was lost' : `left by a run that ${run.status}`;
}

function table(found: readonly Leftover[]): string {
  if (found.length === 0) return 'Nothing is left of earlier runs.\n';
  const rows = found.map(one => {
    const { ref, at } = one.resource;
    return [
      ref.kind.replace(/^\w+:/, ''),
      ref.id ?? ref.name ?? '?',
      ref.account.region,
      durationInWords(Math.max(1000, Math.floor((Date.now() - Date.parse(at)) / 1000) * 1000)),
      one.run.runId,
      why(one),
    ];
  });
  return alignedTable([['KIND', 'ID', 'REGION', 'AGE', 'RUN', 'WHY'], ...rows]);
}

/** Columns as wide as their widest cell. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows
    .map(
      row =>
        `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')}\n`,
    )
    .join('');
}
