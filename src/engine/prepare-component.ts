import type { CatalogEntry, CompiledValidator } from '../sdk/catalog.ts';
import { decodeOptions } from '../sdk/decode.ts';
import { type Diagnostic, errorAt, hasErrors, warningAt } from '../sdk/diagnostics.ts';
import { type ConfigNode, nodeAt } from '../sdk/node.ts';
import type { OptionSchema } from '../sdk/options.ts';
import type { BuildInfo, OptionPath, PrepareContext } from '../sdk/plugin.ts';
import type { Span } from '../sdk/source.ts';
import { validateOptions } from '../sdk/validate.ts';
import type { ComponentSpec, Renderer, RenderScope } from '../template/model.ts';
import type { BuildData } from './build-data.ts';
import { renderOptions } from './render-options.ts';

/** A plugin as far as preparation goes; P is what its `prepare` gives. */
export interface Preparable<P> {
  readonly kind: 'builder' | 'provisioner' | 'post-processor';
  readonly type: string;
  readonly schema: OptionSchema;
  /** Why this type can be checked but not run; see sdk/plugin.ts. */
  readonly cannotRun?: string;
  prepare(options: never, context: PrepareContext): P | Promise<P>;
}

export interface Prepared<P> {
  /** Undefined when a diagnostic is an error. */
  readonly result: P | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly secrets: readonly string[];
  /** Options whose values are only known at run time; see sdk/decode.ts. */
  readonly unknown: ReadonlySet<string>;
}

export interface PrepareInput {
  readonly renderer: Renderer;
  readonly scope: RenderScope;
  readonly build: BuildInfo;
  /** For HCL2's second evaluation; undefined at planning. */
  readonly buildData?: BuildData;
}

/** A plugin with its compiled validator. */
export interface Loaded<P> {
  readonly plugin: Preparable<P>;
  readonly validator: CompiledValidator;
}

export async function loadEntry<P>(entry: CatalogEntry<Preparable<P>>): Promise<Loaded<P>> {
  const [plugin, validator] = await Promise.all([entry.load(), entry.validator()]);
  return { plugin, validator };
}

/** Renders, decodes and validates a component's options, then lets its plugin prepare itself; `check` adds rules of the core. */
export async function prepareComponent<P>(
  loaded: Loaded<P>,
  spec: ComponentSpec,
  input: PrepareInput,
  check?: (result: P, context: PrepareContext) => Promise<void>,
): Promise<Prepared<P>> {
  const { plugin, validator } = loaded;
  const component = `${plugin.kind} ${plugin.type}`;
  const evaluated = spec.options(input.buildData);
  const rendered = renderOptions(evaluated.node, plugin.schema.options, input.renderer, input.scope, component);
  const decoded = decodeOptions(plugin.schema, rendered.node, component);
  const early = [...evaluated.diagnostics, ...rendered.diagnostics, ...decoded.diagnostics];
  const invalid = validateOptions(validator, plugin.schema, decoded, rendered.node, spec.span, component);
  const context = new Context(input.build, rendered.node, spec.span, component, decoded.unknown);
  // Rules over several options still run when one option is bad: all problems belong in one report.
  const result = await plugin.prepare(decoded.value as never, context);
  await check?.(result, context);
  const diagnostics = [...early, ...invalid, ...context.found];
  return {
    result: hasErrors(diagnostics) ? undefined : result,
    diagnostics,
    secrets: [...decoded.secrets, ...context.secrets],
    unknown: decoded.unknown,
  };
}

/** Prepares a plugin from options that another component already decoded, e.g. `ami` for amazon-ebs. */
export async function prepareDerived<P>(
  loaded: Loaded<P>,
  options: unknown,
  node: ConfigNode,
  span: Span,
  build: BuildInfo,
  unknown: ReadonlySet<string>,
): Promise<Prepared<P>> {
  const { plugin } = loaded;
  const context = new Context(build, node, span, `${plugin.kind} ${plugin.type}`, unknown);
  const result = await plugin.prepare(options as never, context);
  return {
    result: hasErrors(context.found) ? undefined : result,
    diagnostics: context.found,
    secrets: context.secrets,
    unknown,
  };
}

class Context implements PrepareContext {
  readonly build: BuildInfo;
  readonly node: ConfigNode;
  readonly found: Diagnostic[] = [];
  readonly secrets: string[] = [];
  readonly #span: Span;
  readonly #component: string;
  readonly #unknown: ReadonlySet<string>;

  constructor(build: BuildInfo, node: ConfigNode, span: Span, component: string, unknown: ReadonlySet<string>) {
    this.build = build;
    this.node = node;
    this.#span = span;
    this.#component = component;
    this.#unknown = unknown;
  }

  at(path: OptionPath): Span {
    return nodeAt(this.node, path)?.span ?? this.#span;
  }

  error(path: OptionPath, code: string, message: string, hint?: string): void {
    if (!this.#isUnknown(path)) this.found.push(errorAt(this.at(path), code, message, this.#extra(path, hint)));
  }

  warning(path: OptionPath, code: string, message: string, hint?: string): void {
    if (!this.#isUnknown(path)) this.found.push(warningAt(this.at(path), code, message, this.#extra(path, hint)));
  }

  secret(value: string): void {
    this.secrets.push(value);
  }

  #extra(path: OptionPath, hint: string | undefined): Pick<Diagnostic, 'component' | 'hint' | 'notes'> {
    const notes = nodeAt(this.node, path)?.origins?.map(origin => ({ message: origin.what, span: origin.span }));
    return { component: this.#component, ...(hint && { hint }), ...(notes && { notes }) };
  }

  #isUnknown(path: OptionPath): boolean {
    let pointer = '';
    for (const step of path) {
      pointer += `/${step}`;
      if (this.#unknown.has(pointer)) return true;
    }
    return false;
  }
}
