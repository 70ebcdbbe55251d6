import { describe, undoing } from '../../engine/build-resources.ts';
import type { RecordedResource, RecordedRun, ResourceChange } from '../../engine/runs.ts';

interface Line {
  readonly at: string;
  readonly text: string;
}

/** A time for people, to the second: `2026-11-20 16:41:36Z`. */
export function shortTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** What happened in a run, one line each, for people. */
export function runHistory(run: RecordedRun): string {
  const several = new Set([...run.timeline, ...run.resources].map(one => one.build)).size > 1;
  const of = (build: string, text: string): string => (several ? `${build}: ${text}` : text);
  const lines: Line[] = [
    { at: run.startedAt, text: 'started' },
    ...run.resumedAt.map(at => ({ at, text: 'resumed' })),
    ...run.timeline.map(({ at, build, text }) => ({ at, text: of(build, text) })),
    ...run.resources.flatMap(one => resourceLines(one).map(({ at, text }) => ({ at, text: of(one.build, text) }))),
    ...(run.endedAt === undefined ? [] : [{ at: run.endedAt, text: run.status }]),
  ];
  return lines
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ at, text }) => `${shortTime(at)}  ${text}\n`)
    .join('');
}

function resourceLines(one: RecordedResource): Line[] {
  const what = describe(one.ref);
  if (one.history.length === 0) return [{ at: one.at, text: `asked for ${what}; whether it exists is not known` }];
  return one.history.map(change => ({ at: change.at, text: changeInWords(change, one, what) }));
}

function changeInWords({ to }: ResourceChange, one: RecordedResource, what: string): string {
  const { todo, done } = undoing(one.ref);
  if (to === 'undone') return done;
  if (to === 'kept') return `finished ${what}`;
  if (to === 'undo-failed') return `could not ${todo}: ${one.undoError ?? 'the reason is not known'}`;
  return to === 'created' ? `created ${what}` : `${what} was not created`;
}
