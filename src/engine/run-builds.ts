import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Artifact } from '../sdk/artifact.ts';
import { mapLimited } from '../sdk/async.ts';
import { KilnError, messageOf } from '../sdk/errors.ts';
import type { Emit } from '../sdk/events.ts';
import type { UndoResource } from '../sdk/resources.ts';
import type { Template } from '../template/model.ts';
import type { Ask } from './build-ui.ts';
import { forgetKeptRun, type Invocation, Keeper, type KeptRun } from './kept-run.ts';
import { Ledger, ledgerFolder } from './ledger.ts';
import type { BuildPlan } from './plan.ts';
import { type BuildOutcome, type ResumedBuild, runBuild } from './run-build.ts';
import { runExpiry } from './run-tags.ts';
import { leftovers, type RecordedRun } from './runs.ts';

export interface RunInput {
  readonly template: Template;
  readonly plans: readonly BuildPlan[];
  /** Builds at once; 0 means all. */
  readonly parallel: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly ask: Ask;
  readonly secrets: { mask(text: string): string; add(value: string): void };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly local: boolean;
  /** How the builds were asked for; without it nothing can be kept for `kiln resume`. */
  readonly invocation?: Invocation;
  /** Goes on with a kept run instead of beginning a new one; `plans` are its kept builds. */
  readonly resume?: ResumedRun;
}

export interface ResumedRun {
  readonly run: RecordedRun;
  readonly kept: KeptRun;
  /** Undoes what the earlier process left. */
  readonly undo: UndoResource;
}

export interface RunSummary {
  readonly runId: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly interrupted: boolean;
  /** Builds whose machines were kept (-on-error=keep). */
  readonly kept: number;
}

/** Time-ordered and unique: `20261120-133015-1a2b3c`. */
export function newRunId(at: Date): string {
  const stamp = at.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}

/** A UUID whose first 8 digits are the Unix time, as Packer makes PACKER_RUN_UUID. */
export function newRunUuid(at: Date): string {
  const time = Math.floor(at.getTime() / 1000)
    .toString(16)
    .padStart(8, '0');
  const rest = randomBytes(12).toString('hex');
  return `${time}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8, 12)}-${rest.slice(12)}`;
}

/** Runs the builds, in order and at most `parallel` at once; one that fails never stops the others. */
export async function runBuilds(input: RunInput): Promise<RunSummary> {
  const { template, plans, emit, signal, resume } = input;
  // All that waits in all builds listens to it; Node would take more than ten for a leak and say so on stderr.
  setMaxListeners(0, signal);
  const started = new Date();
  const clock = performance.now();
  const runId = resume?.run.runId ?? newRunId(started);
  const runUuid = resume?.kept.runUuid ?? newRunUuid(started);
  const ledger = new Ledger(
    ledgerFolder(input.env),
    {
      runId,
      template: template.path,
      cwd: input.cwd,
      local: input.local,
      expires: runExpiry(plans.map(plan => plan.builder.maxBuildTime)),
    },
    resume && { next: Math.max(0, ...resume.run.resources.map(resource => resource.n)) },
  );
  if (resume) ledger.open();
  const keeper = input.invocation && new Keeper(ledger.path, { runId, runUuid, invocation: input.invocation });
  for (const [index, plan] of plans.entries()) emit({ type: 'build-queued', build: plan.spec.displayName, index });

  const debug = plans.some(plan => plan.info.debug);
  const results = await mapLimited(plans, debug ? 1 : input.parallel, async plan => {
    const build = plan.spec.displayName;
    const buildClock = performance.now();
    emit({ type: 'build-started', build });
    const outcome = signal.aborted
      ? ({ status: 'failed', error: signal.reason, artifacts: [] } satisfies BuildOutcome)
      : await runBuild({
          ...input,
          plan,
          ledger,
          runId,
          runUuid,
          keep: keeper && (kept => keeper.keep(kept)),
          resume: resume && resumedBuild(resume, plan),
        });
    finished(build, outcome, performance.now() - buildClock, input);
    return outcome;
  });

  const failed = results.filter(result => result.status === 'rejected' || result.value.status === 'failed').length;
  const interrupted = signal.aborted;
  // Of a resumed run only what was kept again is to be remembered.
  if (resume && !keeper?.count) forgetKeptRun(ledger.path);
  ledger.end(interrupted ? 'cancelled' : failed > 0 ? 'failed' : 'succeeded');
  emit({ type: 'run-finished', milliseconds: performance.now() - clock, interrupted });
  return { runId, succeeded: plans.length - failed, failed, interrupted, kept: keeper?.count ?? 0 };
}

function resumedBuild({ run, kept, undo }: ResumedRun, plan: BuildPlan): ResumedBuild | undefined {
  const build = plan.spec.displayName;
  const one = kept.builds.find(candidate => candidate.build === build);
  if (!one) return undefined;
  const resources = leftovers(run).filter(resource => resource.build === build);
  return { kept: one, adopt: { resources, undo: plan.builder.undo ?? undo }, times: run.resumed + 1 };
}

function finished(build: string, outcome: BuildOutcome, milliseconds: number, { emit, secrets }: RunInput): void {
  const artifacts = shown(outcome.artifacts, secrets.mask);
  if (outcome.status === 'succeeded') {
    emit({ type: 'build-finished', build, milliseconds, artifacts });
    return;
  }
  const { error } = outcome;
  const hint = error instanceof KilnError && error.hint ? { hint: secrets.mask(error.hint) } : {};
  emit({
    type: 'build-failed',
    build,
    milliseconds,
    error,
    message: secrets.mask(messageOf(error)),
    artifacts,
    ...hint,
  });
}

/** Artifacts as they may be shown. One that passed through several sequences stays one. */
function shown(artifacts: readonly Artifact[], mask: (text: string) => string): Artifact[] {
  const masked = new Map<Artifact, Artifact>();
  return artifacts.map(artifact => {
    const known = masked.get(artifact);
    if (known) return known;
    const { id, files, description } = artifact;
    const one = { ...artifact, id: mask(id), files: files.map(mask), description: mask(description) };
    masked.set(artifact, one);
    return one;
  });
}
