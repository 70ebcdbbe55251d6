import type { Catalog, CatalogEntry } from '../sdk/catalog.ts';
import { type Diagnostic, errorAt, hasErrors } from '../sdk/diagnostics.ts';
import type { BuildInfo, PreparedBuilder, PreparedPostProcessor } from '../sdk/plugin.ts';
import type { BuildSpec, ComponentSpec, ProvisionerSpec, RenderScope, Template } from '../template/model.ts';
import { placeholderData } from './build-data.ts';
import { checkConnection } from './check-connection.ts';
import type { BuildPlan, Planned, PlanOptions } from './plan.ts';
import {
  type Loaded,
  loadEntry,
  type Preparable,
  type Prepared,
  type PrepareInput,
  prepareComponent,
  prepareDerived,
} from './prepare-component.ts';
import { unknownType } from './unknown-type.ts';
import { watchBuild } from './watch-build.ts';

/**
 * What was planned for builds with the same build data, and does not depend on which build it is: 200 builders x 2,000
 * provisioners would be 400,000 preparations otherwise. Undefined: it has errors, which are reported.
 */
type SharedPlans = Map<ComponentSpec, Planned<ComponentSpec, unknown> | undefined>;

/** Plans the builds of one template, one after the other; what it finds wrong collects in `found`. */
export class Planner {
  readonly found: Diagnostic[] = [];
  readonly secrets = new Set<string>();
  readonly #template: Template;
  readonly #catalog: Catalog;
  readonly #options: PlanOptions;
  readonly #shared = new Map<string, SharedPlans>();

  constructor(template: Template, catalog: Catalog, options: PlanOptions) {
    this.#template = template;
    this.#catalog = catalog;
    this.#options = options;
  }

  async build(spec: BuildSpec): Promise<BuildPlan | undefined> {
    const before = this.found.length;
    const { force, debug, onError, local } = this.#options;
    const info: BuildInfo = {
      name: spec.name,
      builderType: spec.builderType,
      templateDir: this.#template.dir,
      force,
      debug,
      onError,
      local,
    };
    const scope: RenderScope = {
      buildName: spec.name,
      buildType: spec.builderType,
      phase: 'prepare-builder',
      data: {},
    };
    const builder = await this.#component(this.#catalog.builders, 'builder', spec.builder, info, scope);
    const generated = builder?.prepared.generated ?? [];
    const pluginScope: RenderScope = { ...scope, phase: 'prepare', data: placeholderData(generated) };
    const finish =
      builder?.prepared.finish && (await this.#finish(builder.prepared.finish, builder.unknown, spec, info));
    const shared = this.#sharedPlans(pluginScope);
    const provisioner = (one: ProvisionerSpec) =>
      this.#shareable(this.#catalog.provisioners, 'provisioner', one, info, pluginScope, shared);
    const provisioners = await all(spec.provisioners, provisioner);
    const errorCleanup = spec.errorCleanup && (await provisioner(spec.errorCleanup));
    const sequences = await all(spec.sequences, sequence =>
      all(sequence, one =>
        this.#shareable(this.#catalog.postProcessors, 'post-processor', one, info, pluginScope, shared),
      ),
    );
    const broken = hasErrors(this.found.slice(before)) || (spec.errorCleanup && !errorCleanup);
    if (!builder || broken || !provisioners.every(defined) || !sequences.every(isComplete)) return undefined;
    return {
      spec,
      info,
      builder: builder.prepared,
      provisioners,
      sequences,
      ...(finish && { finish }),
      ...(errorCleanup && { errorCleanup }),
    };
  }

  /** Of JSON templates: in HCL2, options are evaluated for each build. */
  #sharedPlans(scope: RenderScope): SharedPlans | undefined {
    if (this.#template.language !== 'json') return undefined;
    const key = Object.keys(scope.data ?? {}).join();
    const known = this.#shared.get(key) ?? new Map();
    this.#shared.set(key, known);
    return known;
  }

  /** A component that applies to several builds; at once when it was planned before. */
  #shareable<Spec extends ComponentSpec, P>(
    entries: Readonly<Record<string, CatalogEntry<Preparable<P>>>>,
    kind: 'provisioner' | 'post-processor',
    spec: Spec,
    info: BuildInfo,
    scope: RenderScope,
    shared: SharedPlans | undefined,
  ): MaybePromise<Planned<Spec, P> | undefined> {
    if (shared?.has(spec)) return shared.get(spec) as Planned<Spec, P> | undefined;
    return this.#component(entries, kind, spec, info, scope, shared);
  }

  async #component<Spec extends ComponentSpec, P>(
    entries: Readonly<Record<string, CatalogEntry<Preparable<P>>>>,
    kind: 'builder' | 'provisioner' | 'post-processor',
    spec: Spec,
    info: BuildInfo,
    scope: RenderScope,
    shared?: SharedPlans,
  ): Promise<Planned<Spec, P> | undefined> {
    const entry = Object.hasOwn(entries, spec.type) ? entries[spec.type] : undefined;
    if (!entry) {
      this.found.push(unknownType(kind, spec, Object.keys(entries)));
      return undefined;
    }
    const loaded = await this.#load(entry);
    const cannotRun = this.#options.mustRun ? loaded.plugin.cannotRun : undefined;
    if (cannotRun !== undefined) {
      const message = `kiln can validate the ${kind} "${spec.type}", but not run it yet`;
      this.found.push(
        errorAt(spec.span, 'cannot-run', message, { hint: cannotRun, component: `${kind} ${spec.type}` }),
      );
    }
    const input: PrepareInput = { renderer: this.#template.renderer, scope, build: info };
    const watched = shared && watchBuild(input);
    const prepared = await this.#prepare(loaded, spec, watched?.input ?? input);
    for (const one of prepared.diagnostics) this.found.push(one);
    for (const secret of prepared.secrets) this.secrets.add(secret);
    const { result, unknown } = prepared;
    const planned: Planned<Spec, P> | undefined =
      result === undefined || cannotRun !== undefined
        ? undefined
        : {
            spec,
            plugin: loaded.plugin,
            prepared: result,
            unknown,
            again: buildData => {
              const atRun: RenderScope = { ...scope, phase: 'run', data: buildData };
              return prepareComponent(loaded, spec, { ...input, scope: atRun, buildData });
            },
          };
    if (watched && !watched.finish()) shared?.set(spec, planned);
    return planned;
  }

  readonly #loads = new Map<unknown, Promise<unknown>>();

  #load<P>(entry: CatalogEntry<Preparable<P>>): Promise<Loaded<P>> {
    const known = this.#loads.get(entry) as Promise<Loaded<P>> | undefined;
    if (known) return known;
    const loading = loadEntry(entry);
    this.#loads.set(entry, loading);
    return loading;
  }

  #prepare<P>(loaded: Loaded<P>, spec: ComponentSpec, input: PrepareInput): Promise<Prepared<P>> {
    if (loaded.plugin.kind !== 'builder') return prepareComponent(loaded, spec, input);
    const { mustRun } = this.#options;
    return prepareComponent(loaded, spec, input, (result, context) => checkConnection(result, context, mustRun));
  }

  async #finish(
    finish: NonNullable<PreparedBuilder['finish']>,
    unknown: ReadonlySet<string>,
    spec: BuildSpec,
    info: BuildInfo,
  ): Promise<PreparedPostProcessor | undefined> {
    const entry = this.#catalog.postProcessors[finish.type];
    if (!entry)
      throw new Error(
        `builder ${spec.builderType} asks for post-processor ${finish.type}, which is not in the catalog`,
      );
    const prepared = await prepareDerived(
      await this.#load(entry as CatalogEntry<Preparable<PreparedPostProcessor>>),
      finish.options,
      spec.builder.options(undefined).node,
      spec.builder.span,
      info,
      unknown,
    );
    for (const one of prepared.diagnostics) this.found.push(one);
    for (const secret of prepared.secrets) this.secrets.add(secret);
    return prepared.result;
  }
}

type MaybePromise<T> = T | Promise<T>;

/** In order, one after the other; without waiting where there is nothing to wait for. */
async function all<T, R>(items: readonly T[], each: (item: T) => MaybePromise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) {
    const result = each(item);
    results.push(result instanceof Promise ? await result : result);
  }
  return results;
}

function defined<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function isComplete<T>(values: (T | undefined)[]): values is T[] {
  return values.every(defined);
}
