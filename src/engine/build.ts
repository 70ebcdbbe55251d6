import { basename } from 'node:path';
import { connect, enterChroot, noneCommunicator } from '../communicators/index.ts';
import type { Artifact } from '../sdk/artifact.ts';
import type { Communicator } from '../sdk/communicator.ts';
import type { CommunicatorOptions } from '../sdk/communicator-options.ts';
import { KilnError, messageOf } from '../sdk/errors.ts';
import type { Machine, PostProcessContext, ProvisionContext, RunContext } from '../sdk/plugin.ts';
import { type BuildData, runtimeData } from './build-data.ts';
import { buildResources } from './build-resources.ts';
import { type BuildUi, buildUi } from './build-ui.ts';
import { clearAuthorizedKeys } from './clear-authorized-keys.ts';
import { connectionFacts } from './connection-facts.ts';
import type { KeptBuild } from './kept-run.ts';
import { runProvisioner } from './provision.ts';
import { refine } from './refine.ts';
import type { BuildOutcome, BuildRuntime } from './run-build.ts';
import { runContext } from './run-context.ts';
import { runTags } from './run-tags.ts';
import { Steps } from './steps.ts';
import type { UndoStack } from './undo-stack.ts';

/** One build under way: its machine, its connection, and how far it got. */
export class Build {
  readonly steps: Steps;
  readonly ui: BuildUi;
  readonly #runtime: BuildRuntime;
  readonly #context: (data: BuildData, ui: BuildUi, signal: AbortSignal) => RunContext;
  readonly #reevaluate: boolean;
  #tags: Readonly<Record<string, string>> = {};
  #machine: Machine | undefined;
  #machineUsers: number;
  #communicator: Communicator | undefined;
  #data: BuildData;
  #provisioning = false;
  /** Index of the provisioner that is to run, or runs. */
  #provisioner: number;
  #provisioned: boolean;

  constructor(runtime: BuildRuntime, ui: BuildUi, undo: UndoStack) {
    const { plan, template, resume } = runtime;
    this.#runtime = runtime;
    this.ui = ui;
    this.steps = new Steps(plan.info, ui, runtime.signal);
    this.#reevaluate = template.language === 'hcl2';
    this.#data = runtimeData(runtime.runUuid, undefined, {});
    this.#provisioner = resume?.kept.provisioner ?? 0;
    this.#provisioned = resume?.kept.provisioned ?? false;
    const elements = plan.sequences.flat().filter(element => element.prepared.needsMachine);
    this.#machineUsers = elements.length + (plan.finish ? 1 : 0);
    const resources = buildResources({
      runId: runtime.runId,
      build: plan.spec.displayName,
      tags: () => this.#tags,
      ledger: runtime.ledger,
      undo,
      ...(resume && { resumed: resume.times, adopt: resume.adopt }),
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
    const { signal, plan } = this.#runtime;
    const machine = await this.#step('launch', () => this.#launch());
    this.#machine = machine;
    this.note(`machine ${machine.id}`);
    if (!this.#provisioned) {
      await this.#step('connect', () => this.#connect(machine));
      await this.#step('provision', () => this.#provision());
    } else this.#data = runtimeData(this.#runtime.runUuid, undefined, { ID: machine.id, ...machine.buildData });
    // Only an error-cleanup-provisioner could still have use for it, and the machine is about to be stopped.
    if (!plan.errorCleanup) await this.close();
    if (this.#machineUsers === 0 && !plan.builder.artifact) this.#release();
    const original = await this.#step('finish', () => this.#finish(machine));
    if (this.#machineUsers === 0) this.#release();
    signal.throwIfAborted();
    const { artifacts, errors } = await this.#step('post-process', () => this.#refine(original));
    if (errors.length > 0) return { status: 'failed', error: oneError(errors), artifacts };
    return { status: 'succeeded', artifacts };
  }

  /** A line of the run's timeline. */
  note(text: string): void {
    this.#runtime.ledger.note(this.#runtime.plan.spec.displayName, this.#runtime.secrets.mask(text));
  }

  /** What it takes to go on with this failed build in another process; undefined when its machine is gone, or never was. */
  kept(error: unknown): KeptBuild | undefined {
    const attachment = this.#machine?.attachment?.();
    if (!attachment) return undefined;
    return {
      build: this.#runtime.plan.spec.displayName,
      provisioner: this.#provisioner,
      provisioned: this.#provisioned,
      attachment,
      failure: this.#runtime.secrets.mask(messageOf(error)),
    };
  }

  /** The error-cleanup-provisioner: after a failure, while the machine is still there; not after a mere cancellation. */
  async cleanUpAfterError(error: unknown): Promise<void> {
    const { plan, signal } = this.#runtime;
    const communicator = this.#communicator;
    const wanted = plan.info.onError !== 'abort' && plan.info.onError !== 'keep' && !this.steps.abandoned;
    if (!plan.errorCleanup || !this.#provisioning || !communicator || signal.aborted || !wanted) return;
    this.ui.say('Running the error-cleanup-provisioner...');
    try {
      await runProvisioner(plan.errorCleanup, this.#provisionContexts(communicator), this.ui, signal, this.#reevaluate);
    } catch (failure) {
      this.ui.error(`Cleanup failed: ${messageOf(failure)}. Original Provisioning error: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.ui.flush();
    await this.#communicator
      ?.close()
      .catch(error => this.ui.error(`Closing the connection failed: ${messageOf(error)}`));
    this.#communicator = undefined;
  }

  /** What a step makes may be in use for as long as the builder says, from the step's beginning. */
  #step<T>(name: string, body: () => Promise<T> | T): Promise<T> {
    const { runId, template, plan } = this.#runtime;
    this.#tags = runTags(runId, basename(template.path), plan.builder.maxBuildTime);
    return this.steps.step(name, body);
  }

  #launch(): Promise<Machine> {
    const { plan, signal, resume } = this.#runtime;
    const context = this.#context(this.#data, this.ui, signal);
    if (!resume) return plan.builder.launch(context);
    if (plan.builder.attach) return plan.builder.attach(context, resume.kept.attachment);
    throw new KilnError(`builder ${plan.spec.builderType} cannot take over a machine of an earlier run`);
  }

  async #connect(machine: Machine): Promise<void> {
    const { plan, signal } = this.#runtime;
    const options = (plan.builder.communicator ?? { communicator: 'none' }) as CommunicatorOptions;
    if (plan.builder.communicator) this.#communicator = await connect(options, machine, { signal, ui: this.ui });
    else this.#communicator = machine.chroot ? await enterChroot(machine.chroot) : noneCommunicator(true);
    const facts = await connectionFacts(options, machine, signal);
    this.#data = runtimeData(this.#runtime.runUuid, facts, machine.buildData);
    this.note('connected');
  }

  #provisionContexts(communicator: Communicator): (signal: AbortSignal) => ProvisionContext {
    return narrowed => ({ ...this.#context(this.#data, this.ui, narrowed), communicator });
  }

  async #provision(): Promise<void> {
    const { plan, signal, resume } = this.#runtime;
    const communicator = this.#communicator;
    if (!communicator) throw new Error('provisioning before connecting');
    this.#provisioning = true;
    const contexts = this.#provisionContexts(communicator);
    const first = resume?.kept.provisioner ?? 0;
    const count = plan.provisioners.length;
    if (resume && first >= count)
      this.ui.say(
        `No provisioner is left to run: the template has ${count} now, and the run had got to number ${first + 1}.`,
      );
    else if (resume && first > 0)
      this.ui.say(`Going on at provisioner ${first + 1} of ${count}; those before it have run.`);
    for (const [index, planned] of plan.provisioners.entries()) {
      if (index < first) continue;
      this.#provisioner = index;
      signal.throwIfAborted();
      await this.steps.beforeProvisioner(planned.spec);
      this.note(`provisioner ${index + 1}: ${planned.spec.name ?? planned.spec.type}`);
      await runProvisioner(planned, contexts, this.ui, signal, this.#reevaluate);
    }
    this.#provisioner = plan.provisioners.length;
    await clearAuthorizedKeys(plan.builder.communicator, this.#machine, communicator, this.ui, signal);
    if (this.#machine) await plan.builder.afterProvision?.(contexts(signal), this.#machine);
    this.#provisioned = true;
  }

  async #finish(machine: Machine): Promise<Artifact | undefined> {
    const { plan, signal } = this.#runtime;
    if (!plan.finish) return plan.builder.artifact?.(this.#context(this.#data, this.ui, signal), machine);
    const context = this.#elementContext(true, undefined, this.#data, this.ui);
    const result = await plan.finish.process(context);
    context.doneWithMachine();
    if (result.artifact) this.note(`made ${result.artifact.id || result.artifact.description}`);
    return result.artifact;
  }

  #refine(original: Artifact | undefined): ReturnType<typeof refine> {
    const { plan, signal, emit, secrets, ask } = this.#runtime;
    return refine({
      sequences: plan.sequences,
      original,
      ui: this.ui,
      signal,
      reevaluate: this.#reevaluate,
      context: (element, artifact) => {
        const ui = buildUi(`${plan.spec.displayName} (${element.spec.type})`, emit, secrets.mask, ask);
        const data = element.prepared.needsMachine ? this.#data : (artifact?.buildData ?? {});
        this.note(`post-processor ${element.spec.name}`);
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
        if (this.#machineUsers === 0) this.#release();
      },
    };
  }

  /** The machine goes, and with it the chance to keep it. */
  #release(): void {
    const machine = this.#machine;
    this.#machine = undefined;
    machine?.releaseSoon();
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
