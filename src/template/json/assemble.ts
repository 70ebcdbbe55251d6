import { type Diagnostic, errorAt, warningAt } from '../../sdk/diagnostics.ts';
import type { ObjectNode, StringNode } from '../../sdk/node.ts';
import type { BuildSpec, ComponentSpec, PostProcessorSpec, ProvisionerSpec } from '../model.ts';
import { nothingSelected } from './check.ts';
import { mergeOptions } from './merge.ts';
import { quoted } from './quote.ts';
import type { RawBuilder, RawPostProcessor, RawProvisioner, RawTemplate } from './raw.ts';
import { traceVariables, type VariableUse } from './trace.ts';

/** Renders a string of the template language itself (a builder's name, `max_retries`); undefined when it cannot be, which it reports. */
export type RenderText = (node: StringNode, component: string) => string | undefined;

interface Selection {
  readonly only: readonly string[];
  readonly except: readonly string[];
}

interface Assembled {
  readonly builds: readonly BuildSpec[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Makes the builds of a template: which run, in which order, and what belongs to each. */
export function assembleBuilds(
  raw: RawTemplate,
  selection: Selection,
  use: VariableUse,
  render: RenderText,
): Assembled {
  const diagnostics: Diagnostic[] = [];
  const named = renderNames(raw.builders, render, diagnostics);
  const chosen = named.filter(({ name }) => isSelected(name, selection));
  if (chosen.length === 0 && named.length > 0) {
    diagnostics.push(
      nothingSelected(
        named.map(({ name }) => name),
        selection.only,
        selection.except,
      ),
    );
  }
  const provisioners = raw.provisioners.map(one => new ProvisionerMaker(one, use, render, diagnostics));
  const errorCleanup = raw.errorCleanup && new ProvisionerMaker(raw.errorCleanup, use, render, diagnostics);
  const sequences = raw.sequences.map(sequence =>
    cutAtExcepted(sequence, selection.except).map(one => makePostProcessor(one, use)),
  );
  const builds = chosen.map(({ builder, name }): BuildSpec => {
    const cleanup = errorCleanup?.for(builder.name);
    return {
      name,
      builderType: builder.type,
      displayName: name === builder.type ? name : `${builder.type}.${name}`,
      builder: component(builder, builder.options, use),
      provisioners: provisioners.filter(one => one.appliesTo(builder.name)).map(one => one.for(builder.name)),
      ...(cleanup && { errorCleanup: cleanup }),
      sequences: sequences
        .map(sequence => sequence.filter(one => one.appliesTo(builder.name)).map(one => one.spec))
        .filter(sequence => sequence.length > 0),
    };
  });
  return { builds, diagnostics };
}

interface NamedBuilder {
  readonly builder: RawBuilder;
  readonly name: string;
}

/** The builders by their rendered names, sorted; of two that render to the same name only the first remains, as in Packer. */
function renderNames(builders: readonly RawBuilder[], render: RenderText, diagnostics: Diagnostic[]): NamedBuilder[] {
  const byName = new Map<string, RawBuilder>();
  for (const builder of builders) {
    const name = render(builder.nameNode, builder.label) ?? builder.name;
    const earlier = byName.get(name);
    if (!earlier) byName.set(name, builder);
    else {
      const message = `this builder is left out: its name becomes ${quoted(name)}, like that of another one`;
      const notes = [{ message: 'the other one is here', span: earlier.nameNode.span }];
      diagnostics.push(
        warningAt(builder.nameNode.span, 'duplicate-build-name', message, { notes, component: builder.label }),
      );
    }
  }
  return [...byName]
    .map(([name, builder]) => ({ name, builder }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function isSelected(name: string, { only, except }: Selection): boolean {
  return (only.length === 0 || only.includes(name)) && !except.includes(name);
}

/** Whether a component with these `only` and `except` belongs to the builder of that raw name. */
function filterOf({ only, except }: Pick<RawProvisioner, 'only' | 'except'>): (rawName: string) => boolean {
  const names = new Set((only.length > 0 ? only : except).map(({ name }) => name));
  if (names.size === 0) return () => true;
  return only.length > 0 ? name => names.has(name) : name => !names.has(name);
}

/** `-except=NAME` takes a post-processor out, and all that would follow it in its sequence. */
function cutAtExcepted(sequence: readonly RawPostProcessor[], except: readonly string[]): readonly RawPostProcessor[] {
  const at = sequence.findIndex(({ name }) => except.includes(name));
  return at < 0 ? sequence : sequence.slice(0, at);
}

/** Options are followed through the variables when they are first asked for: builds that do not run never need it. */
function component(
  raw: { readonly type: string; readonly typeSpan: ComponentSpec['span']; readonly label: string },
  node: ObjectNode,
  use: VariableUse,
): ComponentSpec {
  let options: ReturnType<ComponentSpec['options']> | undefined;
  return {
    type: raw.type,
    span: raw.typeSpan,
    options: () => {
      options ??= traceVariables(node, use, raw.label);
      return options;
    },
  };
}

interface PostProcessorMaker {
  readonly spec: PostProcessorSpec;
  appliesTo(rawBuilderName: string): boolean;
}

function makePostProcessor(raw: RawPostProcessor, use: VariableUse): PostProcessorMaker {
  const spec: PostProcessorSpec = {
    ...component(raw, raw.options, use),
    name: raw.name,
    named: raw.named,
    ...(raw.keepInputArtifact !== undefined && { keepInputArtifact: raw.keepInputArtifact }),
  };
  return { spec, appliesTo: filterOf(raw) };
}

/** One provisioner of the template, shared by all builds but those that it has an override for. */
class ProvisionerMaker {
  readonly appliesTo: (rawBuilderName: string) => boolean;
  private readonly raw: RawProvisioner;
  private readonly overridden: ReadonlySet<string>;
  private readonly use: VariableUse;
  private readonly plain: ProvisionerSpec;

  constructor(raw: RawProvisioner, use: VariableUse, render: RenderText, diagnostics: Diagnostic[]) {
    this.raw = raw;
    this.appliesTo = filterOf(raw);
    this.overridden = new Set(raw.overrides.map(({ name }) => name));
    this.use = use;
    this.plain = {
      ...component(raw, raw.options, use),
      pauseBefore: raw.pauseBefore,
      timeout: raw.timeout,
      maxRetries: readRetries(raw, render, diagnostics),
      continueOnError: false,
    };
  }

  for(rawBuilderName: string): ProvisionerSpec {
    if (!this.overridden.has(rawBuilderName)) return this.plain;
    let options = this.raw.options;
    for (const { name, value } of this.raw.overrides) {
      if (name === rawBuilderName && value.kind === 'object') options = mergeOptions(options, value);
    }
    return { ...this.plain, ...component(this.raw, options, this.use) };
  }
}

function readRetries(raw: RawProvisioner, render: RenderText, diagnostics: Diagnostic[]): number {
  const node = raw.maxRetries;
  if (!node || node.value === '') return 0;
  const text = render(node, raw.label);
  if (text === undefined) return 0;
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Math.max(0, Number(text));
  const became = text === node.value ? `${quoted(text)}` : `it renders to ${quoted(text)}`;
  const hint = 'write how often to try again, e.g. 3';
  diagnostics.push(
    errorAt(node.span, 'bad-retries', `"max_retries" is not a whole number: ${became}`, { hint, component: raw.label }),
  );
  return 0;
}
