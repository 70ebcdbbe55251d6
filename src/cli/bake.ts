import { catalog } from '../catalog.ts';
import { type BuildPlan, type Invocation, planBuilds, type ResumedRun, runBuilds } from '../engine/index.ts';
import type { FaultPlan } from '../local-ec2/faults/index.ts';
import { hasErrors, sortDiagnostics } from '../sdk/diagnostics.ts';
import { KilnError } from '../sdk/errors.ts';
import type { Emit } from '../sdk/events.ts';
import { nodeAt } from '../sdk/node.ts';
import type { OnError } from '../sdk/plugin.ts';
import { loadTemplate } from '../template/load.ts';
import { awsSecrets } from './aws-secrets.ts';
import { dataSources } from './data-sources.ts';
import { Interrupts } from './interrupts.ts';
import type { Io } from './io.ts';
import { replayedOptions } from './load-options.ts';
import { openLocalEc2, requireLasting } from './local/open.ts';
import type { OutputMode } from './output-mode.ts';
import { askOnTerminal } from './prompt.ts';
import { SecretMask } from './secret-mask.ts';
import { rendererFor } from './ui/index.ts';
import { localEpilogue } from './ui/local-epilogue.ts';
import { reportDiagnostics, reportFailure } from './ui/report.ts';

export interface BakeRequest {
  readonly invocation: Invocation;
  readonly onError: OnError;
  readonly debug: boolean;
  /** Builds at once; 0 means all. */
  readonly parallel: number;
  readonly warnUndeclared: boolean;
  /** Name or file of the embedded EC2's fault plan. */
  readonly faults?: string | undefined;
  /** Goes on with a kept run. */
  readonly resume?: ResumedRun;
}

/** Loads and plans a template, runs its builds and tells what became of them: what `build` and `resume` have in common. */
export async function bake(request: BakeRequest, mode: OutputMode, io: Io): Promise<number> {
  const { invocation, onError } = request;
  if (invocation.local && onError === 'keep') await requireLasting(io.env);
  const faults = request.faults === undefined ? undefined : await loadedFaults(request.faults, io.cwd);
  const renderer = rendererFor(io, mode);
  const emit: Emit = event => renderer.event(event);
  const onLocal = invocation.local
    ? new Lazily(() => openLocalEc2({ env: io.env, faults, notice: text => emit({ type: 'notice', text }) }))
    : undefined;
  const mask = new SecretMask([]);
  const loaded = await loadTemplate(invocation.template, {
    ...replayedOptions(invocation, io, { evaluateDatasources: true, warnUndeclared: request.warnUndeclared }),
    secrets: awsSecrets,
    dataSources: dataSources({ ...(onLocal && { local: () => onLocal.get() }), secret: mask.add }),
  });
  const { template } = loaded;
  for (const secret of template?.secrets ?? []) mask.add(secret);
  if (!template || hasErrors(loaded.diagnostics)) {
    reportDiagnostics(io, mode, sortDiagnostics(loaded.diagnostics), mask.with(loaded.confidential ?? []));
    renderer.close();
    await (await onLocal?.got)?.close();
    return 1;
  }
  const interrupts = new Interrupts(emit, io);
  const localEc2 = await onLocal?.get();
  try {
    const plans = await planBuilds(template, catalog, {
      force: invocation.force,
      debug: request.debug,
      onError,
      local: invocation.local,
      mustRun: true,
    });
    for (const secret of plans.secrets) mask.add(secret);
    const diagnostics = sortDiagnostics([...loaded.diagnostics, ...plans.diagnostics]);
    if (diagnostics.length > 0) reportDiagnostics(io, mode, diagnostics, mask.with(loaded.confidential ?? []));
    const builds = request.resume ? keptBuilds(plans.builds, request.resume) : plans.builds;
    if (builds.length === 0) {
      if (plans.failed.length === 0)
        reportFailure(
          io,
          mode,
          'no build is selected',
          'check -only and -except against the names that "kiln inspect" lists',
        );
      return 1;
    }
    const summary = await runBuilds({
      template,
      plans: builds,
      parallel: request.parallel,
      signal: interrupts.signal,
      emit,
      ask: askOnTerminal(io, mode, () => renderer.pause()),
      secrets: mask,
      env: io.env,
      cwd: io.cwd,
      local: invocation.local,
      invocation,
      ...(request.resume && { resume: request.resume }),
    });
    const baked = builds.some(one => one.spec.builderType.startsWith('amazon-')) && summary.succeeded > 0;
    if (localEc2 && mode.kind === 'human' && baked) io.out(localEpilogue(localEc2, manifests(builds)));
    return summary.failed > 0 || (plans.failed.length > 0 && !request.resume) || summary.interrupted ? 1 : 0;
  } finally {
    interrupts.close();
    renderer.close();
    await localEc2?.close();
  }
}

async function loadedFaults(nameOrPath: string, cwd: string): Promise<FaultPlan> {
  const { loadFaultPlan } = await import('./local/fault-plan.ts');
  return loadFaultPlan(nameOrPath, cwd);
}

/** The plans of a run's kept builds. Throws KilnError when the template does not have one of them any more. */
function keptBuilds(plans: readonly BuildPlan[], { kept }: ResumedRun): readonly BuildPlan[] {
  return kept.builds.map(({ build }) => {
    const plan = plans.find(one => one.spec.displayName === build);
    if (plan) return plan;
    throw new KilnError(`the template has no build "${build}" that could go on`, {
      hint: 'set the template right and resume again, or remove the instance with "kiln gc"',
      code: 'no-such-build',
    });
  });
}

/** Paths of the manifests that the builds write, as far as their names are fixed. */
function manifests(builds: readonly BuildPlan[]): string[] {
  const elements = builds.flatMap(build => build.sequences.flat()).filter(element => element.spec.type === 'manifest');
  const paths = elements.map(element => nodeAt(element.spec.options(undefined).node, ['output']));
  return [
    ...new Set(paths.map(node => (node?.kind === 'string' && node.value !== '' ? node.value : 'packer-manifest.json'))),
  ].filter(path => !path.includes('{{'));
}

/** Something that is opened when it is first asked for. */
class Lazily<T> {
  private readonly open: () => Promise<T>;
  /** Undefined as long as nobody asked. */
  got: Promise<T> | undefined;

  constructor(open: () => Promise<T>) {
    this.open = open;
  }

  get(): Promise<T> {
    this.got ??= this.open();
    return this.got;
  }
}
