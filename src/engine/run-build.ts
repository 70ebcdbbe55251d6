import type { Artifact } from '../sdk/artifact.ts';
import { KilnError, messageOf } from '../sdk/errors.ts';
import type { Emit } from '../sdk/events.ts';
import type { Template } from '../template/model.ts';
import { Build } from './build.ts';
import type { Adoption } from './build-resources.ts';
import { type Ask, buildUi } from './build-ui.ts';
import type { KeptBuild } from './kept-run.ts';
import type { Ledger } from './ledger.ts';
import type { BuildPlan } from './plan.ts';
import { UndoStack } from './undo-stack.ts';

export interface BuildRuntime {
  readonly template: Template;
  readonly plan: BuildPlan;
  readonly ledger: Ledger;
  readonly runId: string;
  readonly runUuid: string;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly secrets: { mask(text: string): string; add(value: string): void };
  readonly ask: Ask;
  /** Records durably that the build's machine is kept. Undefined: this run cannot be resumed. Throws when it cannot. */
  readonly keep?: ((kept: KeptBuild) => Promise<void>) | undefined;
  /** The build takes over what an earlier process kept, and goes on where that failed. */
  readonly resume?: ResumedBuild | undefined;
}

export interface ResumedBuild {
  readonly kept: KeptBuild;
  readonly adopt: Adoption;
  /** How often the run has been resumed, this time included. */
  readonly times: number;
}

export type BuildOutcome =
  | { readonly status: 'succeeded'; readonly artifacts: readonly Artifact[] }
  | { readonly status: 'failed'; readonly error: unknown; readonly artifacts: readonly Artifact[] };

/** Runs one build from launch to the last post-processor, then undoes what is not part of the product. Never throws. */
export async function runBuild(runtime: BuildRuntime): Promise<BuildOutcome> {
  const ui = buildUi(runtime.plan.spec.displayName, runtime.emit, runtime.secrets.mask, runtime.ask);
  const undo = new UndoStack((what, error) =>
    ui.error(`Could not ${what}: ${messageOf(error)}. "kiln gc" tries again.`),
  );
  const build = new Build(runtime, ui, undo);
  let outcome: BuildOutcome;
  try {
    outcome = await build.run();
  } catch (error) {
    outcome = { status: 'failed', error, artifacts: [] };
  }
  if (outcome.status === 'failed') {
    build.note(`failed: ${messageOf(outcome.error)}`);
    await build.cleanUpAfterError(outcome.error);
  }
  await build.close();
  if (outcome.status === 'failed' && (await leaves(runtime, build, outcome.error))) return outcome;
  await build.steps.beforeCleanUp();
  await undo.unwind();
  return outcome;
}

/** Whether a failed build leaves everything as it is, as -on-error asks; then it says so. */
async function leaves(runtime: BuildRuntime, build: Build, error: unknown): Promise<boolean> {
  const { plan, runId } = runtime;
  if (build.steps.leaveAll) {
    build.steps.tellAborted(error);
    build.ui.error('Nothing was cleaned up, as -on-error asks. Remove what is left with "kiln gc".');
    return true;
  }
  if (plan.info.onError !== 'keep') return false;
  try {
    const kept = build.kept(error);
    if (!kept) {
      build.ui.say('There is no instance that could be kept, so everything is cleaned up.');
      return false;
    }
    if (!runtime.keep) throw new KilnError('this run cannot be resumed');
    await runtime.keep(kept);
  } catch (problem) {
    build.ui.error(`Everything is cleaned up, as the build cannot be kept: ${messageOf(problem)}`);
    return false;
  }
  build.note('kept for "kiln resume"');
  build.ui.error(
    `The instance stays. Look around with "kiln ssh ${runId}", go on with "kiln resume ${runId}", or remove it with "kiln gc".`,
  );
  return true;
}
