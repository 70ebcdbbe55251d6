import { connect, enterChroot, noneCommunicator } from '../communicators/index.ts';
import type { Artifact } from '../sdk/artifact.ts';
import type { Communicator } from '../sdk/communicator.ts';
import type { CommunicatorOptions } from '../sdk/communicator-options.ts';
import { KilnError, messageOf } from '../sdk/errors.ts';
import type { Emit } from '../sdk/events.ts';
import type { Machine, PostProcessContext, ProvisionContext, RunContext } from '../sdk/plugin.ts';
import type { Template } from '../template/model.ts';
import { type BuildData, runtimeData } from './build-data.ts';
import { buildResources } from './build-resources.ts';
import { type Ask, type BuildUi, buildUi } from './build-ui.ts';
import { clearAuthorizedKeys } from './clear-authorized-keys.ts';
import { connectionFacts } from './connection-facts.ts';
import type { Ledger } from './ledger.ts';
import type { BuildPlan } from './plan.ts';
import { runProvisioner } from './provision.ts';
import { refine } from './refine.ts';
import { runContext } from './run-context.ts';
import { Steps } from './steps.ts';
import { UndoStack } from './undo-stack.ts';

export interface BuildRuntime {
  readonly template: Template;
  readonly plan: BuildPlan;
  readonly ledger: Ledger;
  readonly runId: string;
  readonly runUuid: string;
  /** Tags for all that the run creates. */
  readonly tags: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly secrets: { mask(text: string): string; add(value: string): void };
  readonly ask: Ask;
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
  if (outcome.status === 'failed') await build.cleanUpAfterError(outcome.error);
  await build.close();
  if (outcome.status === 'failed' && build.steps.leaveAll) ui.error(leftMessage(runtime));
  else await undo.unwind();
  return outcome;
}

function leftMessage({ plan, runId }: BuildRuntime): string {
  if (plan.info.onError === 'keep')
    return `Everything is left as it is. Go on with "kiln resume ${runId}", or remove it with "kiln gc".`;
  return 'Nothing was cleaned up, as -on-error asks. Remove what is left with "kiln gc".';
}

class Build {
  readonly steps: Steps;
  readonly #runtime: BuildRuntime;
  readonly #ui: BuildUi;
  readonly #context: (data: BuildData, ui: BuildUi, signal: AbortSignal) => RunContext;
  readonly #reevaluate: boolean;
  #machine: Machine | undefined;
  #machineUsers: number;
  #communicator: Communicator | undefined;
  #data: BuildData;
  #provisioning = false;

  constructor(runtime: BuildRuntime, ui: BuildUi, undo: UndoStack) {
    const { plan, template } = runtime;
    this.#runtime = runtime;
    this.#ui = ui;
    this.steps = new Steps(plan.info, ui, runtime.signal);
    this.#reevaluate = template.language === 'hcl2';
    this.#data = runtimeData(runtime.runUuid, undefined, {});
    const elements = plan.sequences.flat().filter(element => element.prepared.needsMachine);
    this.#machineUsers = elements.length + (plan.finish ? 1 : 0);
    const resources = buildResources({
      runId: runtime.runId,
      build: plan.spec.displayName,
      tags: runtime.tags,
      ledger: runtime.ledger,
      undo,
    });
    this.#context = (buildData, contextUi, signal) =>
      runContext({
        info: plan.info,
        signal,
        ui: contextUi,
        resources,
        runUuid: runtime.runUuid,
        buildData,
        renderer: template.renderer,
        secret: runtime.secrets.add,
      });
  }

  async run(): Promise<BuildOutcome> {
    const { plan, signal } = this.#runtime;
    const { builder } = plan;
    const machine = await this.steps.step('launch', () => builder.launch(this.#context(this.#data, this.#ui, signal)));
    this.#machine = machine;
    await this.steps.step('connect', () => this.#connect(machine));
    await this.steps.step('provision', () => this.#provision());
    // Only an error-cleanup-provisioner could still have use for it, and the machine is about to be stopped.
    if (!plan.errorCleanup) await this.close();
    if (this.#machineUsers === 0 && !builder.artifact) machine.releaseSoon();
    const original = await this.steps.step('finish', () => this.#finish(machine));
    if (this.#machineUsers === 0) machine.releaseSoon();
    signal.throwIfAborted();
    const { artifacts, errors } = await this.steps.step('post-process', () => this.#refine(original));
    if (errors.length > 0) return { status: 'failed', error: oneError(errors), artifacts };
    return { status: 'succeeded', artifacts };
  }

  /** The error-cleanup-provisioner: after a failure, while the machine is still there; not after a mere cancellation. */
  async cleanUpAfterError(error: unknown): Promise<void> {
    const { plan, signal } = this.#runtime;
    const communicator = this.#communicator;
    const wanted = plan.info.onError !== 'abort' && plan.info.onError !== 'keep' && !this.steps.abandoned;
    if (!plan.errorCleanup || !this.#provisioning || !communicator || signal.aborted || !wanted) return;
    this.#ui.say('Running the error-cleanup-provisioner...');
    try {
      const contexts = (narrowed: AbortSignal): ProvisionContext => ({
        ...this.#context(this.#data, this.#ui, narrowed),
        communicator,
      });
      await runProvisioner(plan.errorCleanup, contexts, this.#ui, signal, this.#reevaluate);
    } catch (failure) {
      this.#ui.error(`Cleanup failed: ${messageOf(failure)}. Original Provisioning error: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.#ui.flush();
    await this.#communicator
      ?.close()
      .catch(error => this.#ui.error(`Closing the connection failed: ${messageOf(error)}`));
    this.#communicator = undefined;
  }

  async #connect(machine: Machine): Promise<void> {
    const { plan, signal } = this.#runtime;
    const options = (plan.builder.communicator ?? { communicator: 'none' }) as CommunicatorOptions;
    if (plan.builder.communicator) this.#communicator = await connect(options, machine, { signal, ui: this.#ui });
    else this.#communicator = machine.chroot ? await enterChroot(machine.chroot) : noneCommunicator(true);
    const facts = await connectionFacts(options, machine, signal);
    this.#data = runtimeData(this.#runtime.runUuid, facts, machine.buildData);
  }

  async #provision(): Promise<void> {
    const { plan, signal } = this.#runtime;
    const communicator = this.#communicator;
    if (!communicator) throw new Error('provisioning before connecting');
    this.#provisioning = true;
    const contexts = (narrowed: AbortSignal): ProvisionContext => ({
      ...this.#context(this.#data, this.#ui, narrowed),
      communicator,
    });
    for (const planned of plan.provisioners) {
      signal.throwIfAborted();
      await this.steps.beforeProvisioner(planned.spec);
      await runProvisioner(planned, contexts, this.#ui, signal, this.#reevaluate);
    }
    await clearAuthorizedKeys(plan.builder.communicator, this.#machine, communicator, this.#ui, signal);
    if (this.#machine) await plan.builder.afterProvision?.(contexts(signal), this.#machine);
  }

  async #finish(machine: Machine): Promise<Artifact | undefined> {
    const { plan, signal } = this.#runtime;
    if (!plan.finish) return plan.builder.artifact?.(this.#context(this.#data, this.#ui, signal), machine);
    const context = this.#elementContext(true, undefined, this.#data, this.#ui);
    const result = await plan.finish.process(context);
    context.doneWithMachine();
    return result.artifact;
  }

  #refine(original: Artifact | undefined): ReturnType<typeof refine> {
    const { plan, signal, emit, secrets, ask } = this.#runtime;
    return refine({
      sequences: plan.sequences,
      original,
      ui: this.#ui,
      signal,
      reevaluate: this.#reevaluate,
      context: (element, artifact) => {
        const ui = buildUi(`${plan.spec.displayName} (${element.spec.type})`, emit, secrets.mask, ask);
        const data = element.prepared.needsMachine ? this.#data : (artifact?.buildData ?? {});
        return {
          ui,
          context: this.#elementContext(element.prepared.needsMachine === true, artifact, data, ui),
        };
      },
    });
  }

  /** What a post-processor gets. Of those that work on the machine, the last one to be done with it ends it. */
  #elementContext(
    needsMachine: boolean,
    artifact: Artifact | undefined,
    data: BuildData,
    ui: BuildUi,
  ): PostProcessContext {
    let told = !needsMachine;
    return {
      ...this.#context(data, ui, this.#runtime.signal),
      artifact,
      machine: needsMachine ? this.#machine : undefined,
      doneWithMachine: () => {
        if (told) return;
        told = true;
        this.#machineUsers -= 1;
        if (this.#machineUsers === 0) this.#machine?.releaseSoon();
      },
    };
  }
}

/** Several failed sequences as one error, the first one's text leading. */
function oneError(errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0];
  return new KilnError(`${errors.length} post-processor sequences failed: ${errors.map(messageOf).join('; ')}`, {
    cause: errors[0],
    code: 'post-processor-failed',
  });
}
