import type { Communicator } from '../sdk/communicator.ts';
import type { CommunicatorOptions } from '../sdk/communicator-options.ts';
import { KilnError } from '../sdk/errors.ts';
import type { Ui } from '../sdk/plugin.ts';
import type { Owned } from '../sdk/resources.ts';
import type { Template } from '../template/model.ts';
import { runtimeData } from './build-data.ts';
import type { KeptBuild, KeptRun } from './kept-run.ts';
import type { BuildPlan } from './plan.ts';
import { runContext } from './run-context.ts';
import { leftovers, type RecordedRun } from './runs.ts';

export interface AttachInput {
  readonly template: Template;
  readonly plan: BuildPlan;
  readonly run: RecordedRun;
  readonly kept: KeptRun;
  readonly build: KeptBuild;
  readonly ui: Ui;
  readonly signal: AbortSignal;
}

/** Connects to the machine of a kept build without taking it over: nothing is recorded, and nothing undone. Throws KilnError. */
export async function connectToKept(input: AttachInput): Promise<Communicator> {
  const { plan, run, kept, build, ui, signal, template } = input;
  const options = plan.builder.communicator as CommunicatorOptions | undefined;
  if (!plan.builder.attach || !options)
    throw new KilnError(`builder ${plan.spec.builderType} has no machine to connect to`);
  const borrowed = leftovers(run).flatMap(({ ref }): Owned<string>[] =>
    ref.id === undefined || ref.id === ''
      ? []
      : [
          {
            ref: { ...ref, id: ref.id },
            value: ref.id,
            release: async () => {},
            releaseSoon: () => {},
            keep: async () => {},
          },
        ],
  );
  const context = runContext({
    info: plan.info,
    signal,
    ui: { ...ui, flush: () => {} },
    resources: {
      runId: run.runId,
      tags: {},
      adopted: borrowed,
      token: purpose => purpose,
      acquire: () => Promise.reject(new KilnError('nothing may be created here')),
    },
    runUuid: kept.runUuid,
    buildData: runtimeData(kept.runUuid, undefined, {}),
    renderer: template.renderer,
    secret: () => {},
  });
  const machine = await plan.builder.attach(context, build.attachment);
  const { connect } = await import('../communicators/index.ts');
  return connect(options, machine, { signal, ui });
}
