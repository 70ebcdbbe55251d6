import { undoing } from '../../engine/build-resources.ts';
import { parseDuration } from '../../sdk/duration.ts';
import type { GcFindings, GcItem } from '../gc/leftovers.ts';
import { gcJson, gcTable } from '../gc/report.ts';
import type { Io } from '../io.ts';
import { type OutputMode, outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { askOnTerminal } from '../prompt.ts';
import { reportFailure } from '../ui/report.ts';

/** Lists what runs that died have left, and removes it with -yes or when the user says so. Idempotent. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  if (args.positionals.length > 0) throw new UsageError('gc takes no arguments');
  const mode = outputMode(args);
  const json = mode.kind === 'json';
  const found = await find(args, io);
  try {
    for (const problem of found.problems) reportFailure(io, mode, problem);
    if (json) for (const item of found.items) io.out(gcJson('leftover', item));
    else if (found.items.length > 0 || found.problems.length === 0) io.out(gcTable(found.items));
    const failed =
      found.items.length > 0 && (args.boolean('yes') || (await agreed(found.items.length, io, mode)))
        ? await removeAll(found.items, io, json)
        : 0;
    return failed > 0 || found.problems.length > 0 ? 1 : 0;
  } finally {
    await found.close();
  }
}

async function find(args: ParsedArgs, io: Io): Promise<GcFindings> {
  const olderThan = args.string('older-than');
  const regions = args.list('region').flatMap(one => one.split(',').filter(name => name !== ''));
  if (!args.boolean('by-tag')) {
    if (regions.length > 0 || olderThan !== undefined)
      throw new UsageError(`-${regions.length > 0 ? 'region' : 'older-than'} goes with -by-tag`);
    const { findByLedger } = await import('../gc/by-ledger.ts');
    return findByLedger(io);
  }
  const [first = io.env['AWS_REGION'] || io.env['AWS_DEFAULT_REGION'], ...others] = regions;
  if (first === undefined) throw new UsageError('gc -by-tag needs to know where to look', 'write -region=REGION,...');
  const milliseconds = olderThan === undefined ? undefined : parseDuration(olderThan);
  if (olderThan !== undefined && (milliseconds === undefined || milliseconds < 0))
    throw new UsageError(`-older-than takes a duration such as 90m or 2h, not "${olderThan}"`);
  const { findByTag } = await import('../gc/by-tag.ts');
  return findByTag(io, [first, ...others], milliseconds);
}

async function agreed(count: number, io: Io, mode: OutputMode): Promise<boolean> {
  const ask = askOnTerminal(io, mode, () => {});
  const answer = await ask(`Remove these ${count}? [y/N]`, new AbortController().signal).catch(() => '');
  if (/^y(es)?$/i.test(answer.trim())) return true;
  if (mode.kind !== 'json') io.out('Nothing was removed. "kiln gc -yes" removes without asking.\n');
  return false;
}

/** Gives how many could not be removed. */
async function removeAll(items: readonly GcItem[], io: Io, json: boolean): Promise<number> {
  let failed = 0;
  const stuck = new Set<string>();
  for (const item of items) {
    // EC2 keeps a group that is in use; to wait until it is free would be in vain.
    const inVain = item.ref.kind === 'ec2:security-group' && stuck.has(item.runId);
    const problem = inVain ? 'the instance that uses it is still there' : await item.remove();
    if (problem !== undefined && item.ref.kind === 'ec2:instance') stuck.add(item.runId);
    const { todo, done } = undoing(item.ref);
    if (problem !== undefined) failed += 1;
    if (json) io.out(gcJson(problem === undefined ? 'removed' : 'failed', item, problem));
    else if (problem === undefined) io.out(`${done.charAt(0).toUpperCase()}${done.slice(1)}\n`);
    else io.err(`Could not ${todo}: ${problem}\n`);
  }
  return failed;
}
