import { plugin as ami } from '../../post-processors/ami/index.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import type { Communicator } from '../../src/sdk/communicator.ts';
import type { Builder, BuildInfo, Machine } from '../../src/sdk/plugin.ts';
import type { Baked } from './ebs-bake.ts';
import { type TestRun, testPostProcess, testPrepare, testRun } from './run-context.ts';

export interface BuilderBakeOptions {
  readonly build?: Partial<BuildInfo>;
  readonly signal?: AbortSignal;
  /** In place of provisioning. */
  readonly provision?: (machine: Machine, run: TestRun) => Promise<void>;
  /** What `afterProvision` talks to. */
  readonly communicator?: Communicator;
}

/** One build of any Amazon builder as the engine runs it, without connecting: launch, finish, undo. Never throws. */
export async function bakeBuilder<Options>(
  plugin: Builder<Options>,
  options: Options,
  extra: BuilderBakeOptions = {},
): Promise<Baked> {
  const build = { ...extra.build, builderType: plugin.type };
  const context = testPrepare(build);
  const prepared = await plugin.prepare(options, context);
  const run = testRun({ build, ...(extra.signal && { signal: extra.signal }) });
  let machine: Machine | undefined;
  let artifact: Artifact | undefined;
  let error: unknown;
  try {
    machine = await prepared.launch(run);
    await extra.provision?.(machine, run);
    if (extra.communicator) await prepared.afterProvision?.({ ...run, communicator: extra.communicator }, machine);
    if (prepared.finish) {
      const post = await ami.prepare(prepared.finish.options as never, context);
      const lives = machine;
      const result = await post.process({
        ...testPostProcess(run, machine),
        doneWithMachine: () => lives.releaseSoon(),
      });
      artifact = result.artifact;
    } else artifact = await prepared.artifact?.(run, machine);
    machine.releaseSoon();
  } catch (thrown) {
    error = thrown;
  }
  const undoFailures = await run.resources.unwind();
  return { run, complaints: context.complaints, machine, artifact, error, undoFailures };
}
