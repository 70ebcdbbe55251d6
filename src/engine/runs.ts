import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeFileError, KilnError, systemCode } from '../sdk/errors.ts';
import { isAlive } from '../sdk/process-identity.ts';
import type { ResourceRef } from '../sdk/resources.ts';
import { LEDGER_VERSION, type LedgerRecord } from './ledger.ts';
import { damagedLedger, ledgerRecords } from './ledger-lines.ts';

export type ResourceState = 'intended' | 'created' | 'undone' | 'kept' | 'not-created';

/** Something that happened to a resource. */
export interface ResourceChange {
  /** ISO 8601. */
  readonly at: string;
  readonly to: Exclude<ResourceState, 'intended'> | 'undo-failed';
}

/** One resource of a run, as far as its ledger tells. */
export interface RecordedResource {
  readonly n: number;
  readonly build: string;
  readonly ref: ResourceRef;
  readonly state: ResourceState;
  readonly at: string;
  /** What became of it, oldest first; empty when the answer of its creation was lost. */
  readonly history: readonly ResourceChange[];
  /** Why undoing failed last time. */
  readonly undoError?: string;
}

/** One run, read from its ledger. */
export interface RecordedRun {
  readonly runId: string;
  readonly path: string;
  readonly startedAt: string;
  readonly template: string;
  readonly cwd: string;
  readonly local: boolean;
  /** `running`: its process lives. `died`: it ended without saying so. `elsewhere`: of another host, so nobody knows. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'died' | 'elsewhere';
  /** It was kept for `kiln resume` (-on-error=keep). */
  readonly resumable: boolean;
  /** How often it was resumed. */
  readonly resumed: number;
  /** When it was resumed, ISO 8601. */
  readonly resumedAt: readonly string[];
  /** When it ended by itself, the last time; undefined when it did not. ISO 8601. */
  readonly endedAt?: string | undefined;
  readonly resources: readonly RecordedResource[];
  readonly timeline: readonly { readonly at: string; readonly build: string; readonly text: string }[];
}

/** What may still exist of a run: intended or created, neither undone nor kept. */
export function leftovers(run: RecordedRun): RecordedResource[] {
  return run.resources.filter(resource => resource.state === 'intended' || resource.state === 'created');
}

/** All runs of a ledger folder, oldest first; unreadable ledgers are told to `onProblem` and left out. */
export function readRuns(folder: string, onProblem: (message: string) => void): RecordedRun[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new KilnError(`the ledgers could not be read: ${describeFileError(folder, error)}`, { cause: error });
  }
  return names
    .filter(name => name.endsWith('.ndjson'))
    .sort()
    .flatMap(name => {
      try {
        const run = readRun(join(folder, name));
        return run ? [run] : [];
      } catch (error) {
        const known = error instanceof KilnError ? error : undefined;
        onProblem(known ? [known.message, known.hint].filter(Boolean).join('; ') : describeFileError(name, error));
        return [];
      }
    });
}

/** Where a run keeps what `kiln resume` needs; see kept-run.ts. */
export function keptRunPath(ledgerPath: string): string {
  return ledgerPath.replace(/\.ndjson$/, '.keep.json');
}

/**
 * Reads one ledger. A torn last line (the process died while writing it) is left out; it never held a created resource.
 * Undefined when it died even before that. Throws a KilnError when the ledger is damaged.
 */
export function readRun(path: string): RecordedRun | undefined {
  const records = ledgerRecords(readFileSync(path, 'utf8'), path);
  const header = records[0];
  if (header === undefined) return undefined;
  if (header.event !== 'run') throw damagedLedger(path, 1);
  if (header.v > LEDGER_VERSION) {
    throw new KilnError(`the ledger "${path}" was written by a newer kiln (format ${header.v})`, {
      hint: 'use that version, or a newer one',
    });
  }
  const resources = new Map<number, RecordedResource>();
  const timeline: { at: string; build: string; text: string }[] = [];
  let ended: Extract<LedgerRecord, { event: 'end' }> | undefined;
  let latest = header;
  const resumedAt: string[] = [];
  for (const record of records.slice(1)) {
    if (record.event === 'intent')
      resources.set(record.n, {
        n: record.n,
        build: record.build,
        ref: record.ref,
        state: 'intended',
        at: record.at,
        history: [],
      });
    else if (record.event === 'note') timeline.push(record);
    else if (record.event === 'end') ended = record;
    else if (record.event !== 'run') change(resources, record);
    else {
      latest = record;
      resumedAt.push(record.at);
      ended = undefined;
    }
  }
  return {
    runId: header.runId,
    path,
    startedAt: header.at,
    template: header.template,
    cwd: header.cwd,
    local: header.local,
    status: ended?.outcome ?? statusOf(latest),
    endedAt: ended?.at,
    resumable: existsSync(keptRunPath(path)),
    resumed: resumedAt.length,
    resumedAt,
    resources: [...resources.values()],
    timeline,
  };
}

/** A process that cannot be asked counts as alive until its run expires. */
function statusOf(run: Extract<LedgerRecord, { event: 'run' }>): RecordedRun['status'] {
  const alive = isAlive(run.process);
  if (alive !== undefined) return alive ? 'running' : 'died';
  return Date.parse(run.expires) < Date.now() ? 'died' : 'elsewhere';
}

function change(resources: Map<number, RecordedResource>, record: Extract<LedgerRecord, { n: number }>): void {
  const old = resources.get(record.n);
  if (!old || record.event === 'intent') return;
  const now = { ...old, history: [...old.history, { at: record.at, to: record.event }] };
  if (record.event === 'created')
    resources.set(record.n, { ...now, state: 'created', ref: { ...old.ref, id: record.id } });
  else if (record.event === 'undo-failed') resources.set(record.n, { ...now, undoError: record.message });
  else resources.set(record.n, { ...now, state: record.event });
}
