import type { Catalog, CatalogEntry } from '../sdk/catalog.ts';
import type { CommunicatorOptions } from '../sdk/communicator-options.ts';
import { type Diagnostic, errorAt, hasErrors, sortDiagnostics } from '../sdk/diagnostics.ts';
import type {
  BuildInfo,
  OnError,
  PrepareContext,
  PreparedBuilder,
  PreparedPostProcessor,
  PreparedProvisioner,
} from '../sdk/plugin.ts';
import { nearest } from '../sdk/suggest.ts';
import type {
  BuildSpec,
  ComponentSpec,
  PostProcessorSpec,
  ProvisionerSpec,
  RenderScope,
  Template,
} from '../template/model.ts';
import { placeholderData } from './build-data.ts';
import { FOREIGN_TYPES } from './foreign-types.ts';
import {
  type Loaded,
  loadEntry,
  type Preparable,
  type Prepared,
  type PrepareInput,
  prepareComponent,
  prepareDerived,
} from './prepare-component.ts';

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

class Planner {
  readonly found: Diagnostic[] = [];
  readonly secrets = new Set<string>();
  readonly #template: Template;
  readonly #catalog: Catalog;
  readonly #options: PlanOptions;
  readonly #shared = new Map<string, Promise<Prepared<unknown>>>();
  readonly #nodeIds = new WeakMap<object, number>();
  #nextNodeId = 0;

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
    const provisioners = await this.#all(spec.provisioners, one =>
      this.#component(this.#catalog.provisioners, 'provisioner', one, info, pluginScope),
    );
    const errorCleanup =
      spec.errorCleanup &&
      (await this.#component(this.#catalog.provisioners, 'provisioner', spec.errorCleanup, info, pluginScope));
    const sequences = await this.#all(spec.sequences, sequence =>
      this.#all(sequence, one =>
        this.#component(this.#catalog.postProcessors, 'post-processor', one, info, pluginScope),
      ),
    );
    if (!builder || hasErrors(this.found.slice(before))) return undefined;
    return {
      spec,
      info,
      builder: builder.prepared,
      provisioners: provisioners.filter(defined),
      sequences: sequences.map(sequence => sequence.filter(defined)),
      ...(finish && { finish }),
      ...(errorCleanup && { errorCleanup }),
    };
  }

  async #all<T, R>(items: readonly T[], each: (item: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    for (const item of items) results.push(await each(item));
    return results;
  }

  async #component<Spec extends ComponentSpec, P>(
    entries: Readonly<Record<string, CatalogEntry<Preparable<P>>>>,
    kind: 'builder' | 'provisioner' | 'post-processor',
    spec: Spec,
    info: BuildInfo,
    scope: RenderScope,
  ): Promise<Planned<Spec, P> | undefined> {
    const entry = Object.hasOwn(entries, spec.type) ? entries[spec.type] : undefined;
    if (!entry) {
      this.found.push(unknownType(kind, spec, Object.keys(entries)));
      return undefined;
    }
    const loaded = await this.#load(entry);
    if (this.#options.mustRun && loaded.plugin.cannotRun) {
      this.found.push(
        errorAt(
          spec.span,
          'cannot-run',
          `${kind} "${spec.type}" can be validated but not run by kiln: ${loaded.plugin.cannotRun}`,
        ),
      );
    }
    const prepared = await this.#prepareShared(loaded, spec, { renderer: this.#template.renderer, scope, build: info });
    for (const one of prepared.diagnostics) this.found.push(one);
    for (const secret of prepared.secrets) this.secrets.add(secret);
    if (prepared.result === undefined) return undefined;
    return {
      spec,
      plugin: loaded.plugin,
      prepared: prepared.result,
      unknown: prepared.unknown,
      again: buildData =>
        prepareComponent(loaded, spec, {
          renderer: this.#template.renderer,
          scope: { ...scope, phase: 'run', data: buildData },
          build: info,
          buildData,
        }),
    };
  }

  readonly #loads = new Map<unknown, Promise<unknown>>();

  #load<P>(entry: CatalogEntry<Preparable<P>>): Promise<Loaded<P>> {
    const known = this.#loads.get(entry) as Promise<Loaded<P>> | undefined;
    if (known) return known;
    const loading = loadEntry(entry);
    this.#loads.set(entry, loading);
    return loading;
  }

  /**
   * The same provisioner applies to every build: when neither its rendering nor its plugin looked at what differs
   * between builds, one preparation serves all (200 builders x 2,000 provisioners would be 400,000 otherwise).
   */
  async #prepareShared<P>(loaded: Loaded<P>, spec: ComponentSpec, input: PrepareInput): Promise<Prepared<P>> {
    if (loaded.plugin.kind === 'builder') {
      const { mustRun } = this.#options;
      return prepareComponent(loaded, spec, input, (result, context) => checkConnection(result, context, mustRun));
    }
    const { node } = spec.options(undefined);
    const key = `${loaded.plugin.kind} ${loaded.plugin.type} ${this.#idOf(node)} ${Object.keys(input.scope.data ?? {}).join()}`;
    const known = this.#shared.get(key);
    if (known) return known as Promise<Prepared<P>>;
    const watched = watchBuild(input);
    const prepared = prepareComponent(loaded, spec, watched.input);
    await prepared;
    if (!watched.finish()) this.#shared.set(key, prepared);
    return prepared;
  }

  #idOf(node: object): number {
    const known = this.#nodeIds.get(node);
    if (known !== undefined) return known;
    this.#nodeIds.set(node, ++this.#nextNodeId);
    return this.#nextNodeId;
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

/** The rules of the communicator options, which are the same for every builder that has them. */
async function checkConnection(result: unknown, context: PrepareContext, mustRun: boolean): Promise<void> {
  const { communicator } = result as PreparedBuilder;
  if (!communicator) return;
  const { checkCommunicator } = await import('../communicators/check.ts');
  checkCommunicator(communicator as CommunicatorOptions, context);
  if (mustRun && communicator.communicator === 'winrm') {
    context.error(
      ['communicator'],
      'cannot-run',
      'communicator winrm can be validated but not run by kiln',
      'Windows images since 2019 have OpenSSH: switch it on with user_data and use communicator ssh',
    );
  }
}

/**
 * Gives the plugin and the renderer an input that remembers whether they read what is particular to this build. A
 * plugin that keeps its preparation context must not read those later, when the preparation may serve other builds.
 */
function watchBuild(input: PrepareInput): { readonly input: PrepareInput; finish(): boolean } {
  let looked = false;
  let finished = false;
  const watch = <T extends object>(target: T, keys: readonly PropertyKey[]): T =>
    new Proxy(target, {
      get(object, key, receiver) {
        if (keys.includes(key)) {
          if (finished && !looked)
            throw new Error(`"${String(key)}" of a shared preparation was read: use run.build instead`);
          looked = true;
        }
        return Reflect.get(object, key, receiver);
      },
    });
  return {
    input: {
      ...input,
      scope: watch(input.scope, ['buildName', 'buildType']),
      build: watch(input.build, ['name', 'builderType']),
    },
    finish: () => {
      finished = true;
      return looked;
    },
  };
}

function unknownType(
  kind: 'builder' | 'provisioner' | 'post-processor',
  spec: ComponentSpec,
  known: readonly string[],
): Diagnostic {
  const near = nearest(spec.type, known);
  const list = `built in: ${[...known].sort().join(', ')}`;
  const foreign = FOREIGN_TYPES[kind].has(spec.type);
  const message = foreign ? `${kind} "${spec.type}" is not built into kiln` : `unknown ${kind} type "${spec.type}"`;
  const hint = !foreign && near ? `did you mean "${near}"? ${list}` : list;
  return errorAt(spec.span, foreign ? 'not-built-in' : 'unknown-type', message, {
    hint,
    component: `${kind} ${spec.type}`,
  });
}

function defined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
