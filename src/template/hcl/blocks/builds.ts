import { type Diagnostic, errorAt, hasErrors, warningAt } from '../../../sdk/diagnostics.ts';
import type { BuildSpec, PostProcessorSpec, ProvisionerSpec } from '../../model.ts';
import type { Scope } from '../eval/index.ts';
import type { Attribute, Block } from '../syntax/ast.ts';
import {
  componentSpec,
  postProcessorFor,
  provisionerFor,
  type RawComponent,
  rawComponent,
  type UseNames,
} from './components.ts';
import { openContent, readBody } from './content.ts';
import { expandBlocks, type ScopedBlock } from './dynamic.ts';
import { checkRegistry } from './registry.ts';
import { BUILD, SEQUENCE } from './schemas.ts';
import { withBuildName, withSource } from './scopes.ts';
import type { Selection } from './selection.ts';
import { findSource, type Source, type SourceUse } from './sources.ts';
import { ArgumentReader } from './values.ts';

export interface BuildContext {
  readonly sources: ReadonlyMap<string, Source>;
  readonly scope: Scope;
  readonly only: Selection;
  readonly except: Selection;
}

/** A build block, taken apart. */
interface RawBuild {
  readonly name: string;
  readonly description: string | undefined;
  readonly uses: readonly SourceUse[];
  readonly provisioners: readonly RawComponent[];
  readonly errorCleanup: RawComponent | undefined;
  readonly sequences: readonly (readonly RawComponent[])[];
}

export interface ReadBuilds {
  readonly builds: readonly BuildSpec[];
  /** Display names of all builds, selected or not. */
  readonly names: readonly string[];
  readonly description: string | undefined;
}

/** Makes the builds of all build blocks, as far as `-only` and `-except` select them. */
export function readBuilds(blocks: readonly Block[], context: BuildContext, diagnostics: Diagnostic[]): ReadBuilds {
  const builds: BuildSpec[] = [];
  const names: string[] = [];
  let description: string | undefined;
  for (const block of blocks) {
    if (block.type !== 'build') continue;
    const raw = readBuild(block, context, diagnostics);
    description ??= raw.description;
    for (const use of raw.uses) {
      const displayName = [...(raw.name === '' ? [] : [raw.name]), use.source.type, use.name].join('.');
      names.push(displayName);
      const wanted = context.only.empty || context.only.matches(displayName);
      const unwanted = context.except.matches(displayName);
      if (wanted && !unwanted) builds.push(makeBuild(raw, use, displayName, context, diagnostics));
    }
  }
  return { builds, names, description };
}

function readBuild(block: Block, context: BuildContext, diagnostics: Diagnostic[]): RawBuild {
  const { attributes, blocks: written } = readBody(block.body, BUILD, 'a build block', diagnostics);
  const reader = new ArgumentReader(attributes, context.scope, diagnostics);
  const name = reader.text('name') ?? '';
  const blocks = checkExpanded(expandBlocks(written, withBuildName(context.scope, name), diagnostics), diagnostics);
  const of = (type: string): ScopedBlock[] => blocks.filter(one => one.block.type === type);
  const uses = [
    ...listedUses(attributes.get('sources'), reader, context, diagnostics),
    ...of('source').flatMap(one => blockUse(one, context, diagnostics) ?? []),
  ];
  if (uses.length === 0 && !hasErrors(diagnostics)) {
    diagnostics.push(
      errorAt(block.headerSpan, 'no-sources', 'this build block names no source to build from', {
        hint: 'write sources = ["source.TYPE.NAME"]',
      }),
    );
  }
  const [errorCleanup, second] = of('error-cleanup-provisioner');
  if (second)
    diagnostics.push(
      errorAt(second.block.headerSpan, 'duplicate-block', 'a build block has at most one error-cleanup-provisioner', {
        hint: 'put all commands into one',
      }),
    );
  const registries = of('hcp_packer_registry');
  for (const one of registries) {
    checkRegistry(one.block, context.scope, diagnostics);
    diagnostics.push(
      warningAt(
        one.block.headerSpan,
        'deprecated-block',
        'hcp_packer_registry inside a build block is deprecated, and kiln does not publish to HCP Packer',
        { hint: 'move it to the top level, or delete it' },
      ),
    );
  }
  return {
    name,
    description: reader.text('description'),
    uses,
    provisioners: of('provisioner').flatMap(one => rawComponent(one) ?? []),
    errorCleanup: errorCleanup && rawComponent(errorCleanup),
    sequences: blocks.flatMap(one => sequenceOf(one, diagnostics)),
  };
}

/** Dynamic blocks can make blocks of any type: what they made must fit, too. */
function checkExpanded(blocks: readonly ScopedBlock[], diagnostics: Diagnostic[]): ScopedBlock[] {
  return blocks.filter(({ block }) => {
    const labels = BUILD.blocks[block.type];
    if (labels && labels.length === block.labels.length) return true;
    const hint = labels
      ? `write labels = [${labels.map(one => one.toUpperCase()).join(', ')}]`
      : 'a build block has provisioners, post-processors and sources';
    diagnostics.push(
      errorAt(
        block.headerSpan,
        'invalid-dynamic',
        `this dynamic block makes a block "${block.type}" with ${block.labels.length} labels, which does not belong here`,
        { hint },
      ),
    );
    return false;
  });
}

function listedUses(
  attribute: Attribute | undefined,
  reader: ArgumentReader,
  context: BuildContext,
  diagnostics: Diagnostic[],
): SourceUse[] {
  const references = attribute ? (reader.texts('sources') ?? []) : [];
  const { expression } = attribute ?? {};
  return references.flatMap((reference, index) => {
    const span =
      (expression?.kind === 'tuple' && expression.items.length === references.length
        ? expression.items[index]?.span
        : undefined) ?? expression?.span;
    const source = span && findSource(reference, span, context.sources, diagnostics);
    return source ? [{ source, name: source.name, span, extra: undefined }] : [];
  });
}

const USE_META = new Set(['name']);

function blockUse(
  { block, scope }: ScopedBlock,
  context: BuildContext,
  diagnostics: Diagnostic[],
): SourceUse | undefined {
  const [label] = block.labels;
  const source = label && findSource(label.text, label.span, context.sources, diagnostics);
  if (!label || !source) return undefined;
  const { attributes } = openContent(block.body, diagnostics);
  const named = new Map(attributes.filter(one => one.name === 'name').map(one => [one.name, one]));
  const name = new ArgumentReader(named, scope, diagnostics).text('name') ?? source.name;
  return { source, name, span: label.span, extra: block.body };
}

function sequenceOf({ block, scope }: ScopedBlock, diagnostics: Diagnostic[]): RawComponent[][] {
  if (block.type === 'post-processor') {
    const one = rawComponent({ block, scope });
    return one ? [[one]] : [];
  }
  if (block.type !== 'post-processors') return [];
  const { blocks } = readBody(block.body, SEQUENCE, 'a post-processors block', diagnostics);
  return [expandBlocks(blocks, scope, diagnostics).flatMap(one => rawComponent(one) ?? [])];
}

function makeBuild(
  raw: RawBuild,
  use: SourceUse,
  displayName: string,
  context: BuildContext,
  diagnostics: Diagnostic[],
): BuildSpec {
  const { source } = use;
  const names: UseNames = { id: `${source.type}.${use.name}`, name: use.name };
  const inSource = withSource(context.scope, source.type, use.name);
  const inBuild = (component: RawComponent): Scope =>
    withSource(withBuildName(component.scoped.scope, raw.name), source.type, use.name);
  const provisioner = (one: RawComponent): ProvisionerSpec | undefined =>
    provisionerFor(one, inBuild(one), names, diagnostics);
  const cleanup = raw.errorCleanup && provisioner(raw.errorCleanup);
  return {
    name: source.name,
    builderType: source.type,
    displayName,
    builder: componentSpec({
      type: source.type,
      span: source.block.labels[0]?.span ?? source.block.headerSpan,
      bodies: [source.block.body, ...(use.extra ? [withoutName(use.extra)] : [])],
      scope: inSource,
      withBuild: false,
    }),
    provisioners: raw.provisioners.flatMap(one => provisioner(one) ?? []),
    ...(cleanup && { errorCleanup: cleanup }),
    sequences: raw.sequences
      .map(sequence =>
        cutAtExcepted(
          sequence.flatMap(one => postProcessorFor(one, inBuild(one), names, diagnostics) ?? []),
          context.except,
        ),
      )
      .filter(sequence => sequence.length > 0),
  };
}

/** `name` in the use of a source renames it; everywhere else it is an option like others. */
function withoutName(body: Block['body']): Block['body'] {
  if (body.syntax === 'json') return { ...body, members: body.members.filter(one => !USE_META.has(one.name)) };
  return { ...body, attributes: body.attributes.filter(one => !USE_META.has(one.name)) };
}

/** `-except=NAME` takes a post-processor out, and all that would follow it in its sequence. */
function cutAtExcepted(sequence: readonly PostProcessorSpec[], except: Selection): readonly PostProcessorSpec[] {
  const at = sequence.findIndex(one => except.matches(one.name));
  return at < 0 ? sequence : sequence.slice(0, at);
}
