import type { Catalog } from '../sdk/catalog.ts';
import { type Diagnostic, sortDiagnostics } from '../sdk/diagnostics.ts';
import type { BuildInfo, OnError, PreparedBuilder, PreparedPostProcessor, PreparedProvisioner } from '../sdk/plugin.ts';
import type { BuildSpec, PostProcessorSpec, ProvisionerSpec, Template } from '../template/model.ts';
import { Planner } from './planner.ts';
import type { Preparable, Prepared } from './prepare-component.ts';

/** A component that passed every check, and the way to prepare it again with run-time data (HCL2). */
export interface Planned<Spec, P> {
  readonly spec: Spec;
  readonly plugin: Preparable<P>;
  readonly prepared: P;
  /** Options whose values are only known at run time. */
  readonly unknown: ReadonlySet<string>;
  again(buildData: Readonly<Record<string, string>>): Promise<Prepared<P>>;
}

/** One build, ready to run: nothing is validated after this that could have been validated before. */
export interface BuildPlan {
  readonly spec: BuildSpec;
  readonly info: BuildInfo;
  readonly builder: PreparedBuilder;
  /** The builder's own last step, e.g. the AMI of amazon-ebs. */
  readonly finish?: PreparedPostProcessor;
  readonly provisioners: readonly Planned<ProvisionerSpec, PreparedProvisioner>[];
  readonly errorCleanup?: Planned<ProvisionerSpec, PreparedProvisioner>;
  readonly sequences: readonly (readonly Planned<PostProcessorSpec, PreparedPostProcessor>[])[];
}

export interface PlanOptions {
  readonly force: boolean;
  readonly debug: boolean;
  readonly onError: OnError;
  readonly local: boolean;
  /** Validate accepts types that kiln can check but not run; build does not. */
  readonly mustRun: boolean;
}

export interface Plans {
  /** The builds without errors; a bad one does not stop the good ones. */
  readonly builds: readonly BuildPlan[];
  readonly failed: readonly BuildSpec[];
  readonly diagnostics: readonly Diagnostic[];
  readonly secrets: readonly string[];
}

/** Prepares every build of a template, without side effects, and reports all problems at once. */
export async function planBuilds(template: Template, catalog: Catalog, options: PlanOptions): Promise<Plans> {
  const planner = new Planner(template, catalog, options);
  const builds: BuildPlan[] = [];
  const failed: BuildSpec[] = [];
  for (const spec of template.builds) {
    const plan = await planner.build(spec);
    if (plan) builds.push(plan);
    else failed.push(spec);
  }
  return { builds, failed, diagnostics: sortDiagnostics(dedupe(planner.found)), secrets: [...planner.secrets] };
}

/** One finding per place: builds that share a provisioner share its findings. */
function dedupe(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const one of diagnostics) {
    const key = `${one.code}|${one.message}|${one.span?.file.path}|${one.span?.start}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()];
}
