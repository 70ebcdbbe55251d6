import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import { parseDuration } from '../../../sdk/duration.ts';
import type { ObjectNode } from '../../../sdk/node.ts';
import type { Span } from '../../../sdk/source.ts';
import { PendingLookup } from '../../interpolate/lookups.ts';
import { mergeOptions } from '../../json/merge.ts';
import type { ComponentSpec, PostProcessorSpec, ProvisionerSpec } from '../../model.ts';
import type { Scope } from '../eval/index.ts';
import type { Attribute, Body } from '../syntax/ast.ts';
import { openContent } from './content.ts';
import type { ScopedBlock } from './dynamic.ts';
import { evaluateBody } from './options.ts';
import { withBuildData } from './scopes.ts';
import { ArgumentReader } from './values.ts';

/** A provisioner or post-processor as written, before it is known for which source it runs. */
export interface RawComponent {
  readonly type: string;
  readonly typeSpan: Span;
  readonly scoped: ScopedBlock;
}

/** The use of a source, as its provisioners see it. */
export interface UseNames {
  /** `type.name`, what only and except compare with. */
  readonly id: string;
  readonly name: string;
}

const PROVISIONER_META = new Set([
  'name',
  'only',
  'except',
  'override',
  'pause_before',
  'timeout',
  'max_retries',
  'continue_on_error',
]);
const POST_PROCESSOR_META = new Set(['name', 'only', 'except', 'keep_input_artifact']);

export function rawComponent(scoped: ScopedBlock): RawComponent | undefined {
  const [label] = scoped.block.labels;
  return label && { type: label.text, typeSpan: label.span, scoped };
}

interface OptionsInput {
  readonly type: string;
  readonly span: Span;
  readonly bodies: readonly Body[];
  readonly scope: Scope;
  readonly skip?: ReadonlySet<string>;
  readonly override?: ObjectNode | undefined;
  /** Whether `build.*` exists. */
  readonly withBuild: boolean;
}

/** A component whose options are evaluated on demand; at preparation once for all. */
export function componentSpec(input: OptionsInput): ComponentSpec {
  let prepared: ReturnType<ComponentSpec['options']> | undefined;
  const read = (buildData: Readonly<Record<string, string>> | undefined): ReturnType<ComponentSpec['options']> => {
    const diagnostics: Diagnostic[] = [];
    const scope = input.withBuild ? withBuildData(input.scope, input.bodies, buildData) : input.scope;
    const node = evaluateBody(input.bodies, scope, input.span, diagnostics, input.skip);
    return { node: input.override ? mergeOptions(node, input.override) : node, diagnostics };
  };
  return {
    type: input.type,
    span: input.span,
    options: buildData => {
      if (buildData) return whenFetched(() => read(buildData), input.span);
      prepared ??= read(undefined);
      return prepared;
    },
  };
}

/** Values that functions fetch are there by now, unless what they ask for depends on the build itself. */
function whenFetched(
  read: () => ReturnType<ComponentSpec['options']>,
  span: Span,
): ReturnType<ComponentSpec['options']> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PendingLookup)) throw error;
    const message = 'a lookup cannot depend on values of the running build';
    return {
      node: { kind: 'object', members: [], span },
      diagnostics: [errorAt(span, 'late-lookup', message, { hint: 'name the secret or key without build.*' })],
    };
  }
}

function attributesOf(
  raw: RawComponent,
  names: ReadonlySet<string>,
  diagnostics: Diagnostic[],
): Map<string, Attribute> {
  const { attributes } = openContent(raw.scoped.block.body, diagnostics);
  return new Map(attributes.filter(one => names.has(one.name)).map(one => [one.name, one]));
}

/** Whether `only` and `except` let it run for this source. */
function applies(reader: ArgumentReader, attributes: ReadonlyMap<string, Attribute>, use: UseNames): boolean {
  const only = reader.texts('only');
  const except = reader.texts('except');
  if (attributes.has('only') && attributes.has('except')) {
    reader.report('except', 'only-and-except', '"only" and "except" exclude each other', 'delete one of the two');
  }
  if (only && only.length > 0) return only.includes(use.id);
  return !except?.includes(use.id);
}

function milliseconds(reader: ArgumentReader, name: string): number {
  const text = reader.text(name);
  if (text === undefined || text === '') return 0;
  const duration = parseDuration(text);
  if (duration !== undefined && duration >= 0) return duration;
  reader.report(name, 'invalid-duration', `"${text}" is not a duration`, 'write one such as "90s", "5m" or "1h30m"');
  return 0;
}

/** The provisioner for one source; undefined when it is not meant for it. */
export function provisionerFor(
  raw: RawComponent,
  scope: Scope,
  use: UseNames,
  diagnostics: Diagnostic[],
): ProvisionerSpec | undefined {
  const attributes = attributesOf(raw, PROVISIONER_META, diagnostics);
  const { block } = raw.scoped;
  const metaScope = withBuildData(scope, [block.body], undefined);
  const reader = new ArgumentReader(attributes, metaScope, diagnostics);
  if (!applies(reader, attributes, use)) return undefined;
  const name = reader.text('name');
  const override = attributes.has('override') ? overrideFor(raw, metaScope, use, diagnostics) : undefined;
  const input = {
    type: raw.type,
    span: raw.typeSpan,
    bodies: [block.body],
    scope,
    skip: PROVISIONER_META,
    override,
    withBuild: true,
  };
  return {
    ...componentSpec(input),
    ...(name !== undefined && { name }),
    pauseBefore: milliseconds(reader, 'pause_before'),
    timeout: milliseconds(reader, 'timeout'),
    maxRetries: reader.count('max_retries') ?? 0,
    continueOnError: reader.flag('continue_on_error') === true,
  };
}

function overrideFor(
  raw: RawComponent,
  scope: Scope,
  use: UseNames,
  diagnostics: Diagnostic[],
): ObjectNode | undefined {
  const others = new Set(
    openContent(raw.scoped.block.body, undefined).attributes.flatMap(one =>
      one.name === 'override' ? [] : [one.name],
    ),
  );
  const blocksAside = { ...raw.scoped.block.body, ...(raw.scoped.block.body.syntax === 'native' && { blocks: [] }) };
  const node = evaluateBody([blocksAside], scope, raw.typeSpan, diagnostics, others);
  const override = node.members.find(member => member.key === 'override')?.value;
  if (override?.kind !== 'object') {
    if (override)
      diagnostics.push(
        errorAt(override.span, 'wrong-type', '"override" is an object with the names of sources as keys', {
          hint: 'write override = { NAME = { OPTION = VALUE } }',
        }),
      );
    return undefined;
  }
  const own = override.members.find(member => member.key === use.name)?.value;
  if (own && own.kind !== 'object')
    diagnostics.push(errorAt(own.span, 'wrong-type', `the override for "${use.name}" must be an object with options`));
  return own?.kind === 'object' ? own : undefined;
}

/** The post-processor for one source; undefined when it is not meant for it. */
export function postProcessorFor(
  raw: RawComponent,
  scope: Scope,
  use: UseNames,
  diagnostics: Diagnostic[],
): PostProcessorSpec | undefined {
  const attributes = attributesOf(raw, POST_PROCESSOR_META, diagnostics);
  const { block } = raw.scoped;
  const reader = new ArgumentReader(attributes, withBuildData(scope, [block.body], undefined), diagnostics);
  if (!applies(reader, attributes, use)) return undefined;
  const name = reader.text('name');
  const keep = reader.flag('keep_input_artifact');
  return {
    ...componentSpec({
      type: raw.type,
      span: raw.typeSpan,
      bodies: [block.body],
      scope,
      skip: POST_PROCESSOR_META,
      withBuild: true,
    }),
    name: name ?? raw.type,
    named: name !== undefined,
    ...(keep !== undefined && { keepInputArtifact: keep }),
  };
}
