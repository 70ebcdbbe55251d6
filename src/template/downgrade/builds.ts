import { type Diagnostic, errorAt, warningAt } from '../../sdk/diagnostics.ts';
import type { OptionTable } from '../../sdk/options.ts';
import { openContent, readBody } from '../hcl/blocks/content.ts';
import { expandBlocks, type ScopedBlock } from '../hcl/blocks/dynamic.ts';
import { BUILD, SEQUENCE } from '../hcl/blocks/schemas.ts';
import { withBuildName } from '../hcl/blocks/scopes.ts';
import { findSource, readSources, type Source } from '../hcl/blocks/sources.ts';
import { ArgumentReader } from '../hcl/blocks/values.ts';
import type { Loading } from '../hcl/loading.ts';
import type { Attribute, Block, Body } from '../hcl/syntax/ast.ts';
import type { ExpressionWriter, Json } from './expression.ts';
import { findImageSearch, sourceAmiFilter } from './image-search.ts';
import { type JsonObject, optionsOf } from './options.ts';

/** The options of a plugin; undefined when it is not built in. */
export type TableOf = (kind: 'builder' | 'provisioner' | 'post-processor', type: string) => OptionTable | undefined;

export interface WrittenBuilds {
  description: string | undefined;
  readonly builders: JsonObject[];
  readonly provisioners: JsonObject[];
  errorCleanup: JsonObject | undefined;
  readonly sequences: Json[];
}

/** A use of a source, and the builder it has become. */
interface Use {
  /** `type.name`, as only and except name it. */
  readonly id: string;
  readonly name: string;
  readonly builder: string;
}

const META: ReadonlySet<string> = new Set([
  'name',
  'only',
  'except',
  'override',
  'continue_on_error',
  'keep_input_artifact',
]);

/** All build blocks as the one build of a JSON template: with several, each component is for the builders of its own. */
export class BuildsWriter {
  private readonly loading: Loading;
  private readonly writer: ExpressionWriter;
  private readonly tableOf: TableOf;
  private readonly diagnostics: Diagnostic[];
  private readonly sources: ReadonlyMap<string, Source>;
  private readonly taken = new Set<string>();
  private readonly result: WrittenBuilds = {
    description: undefined,
    builders: [],
    provisioners: [],
    errorCleanup: undefined,
    sequences: [],
  };

  constructor(loading: Loading, writer: ExpressionWriter, tableOf: TableOf, diagnostics: Diagnostic[]) {
    this.loading = loading;
    this.writer = writer;
    this.tableOf = tableOf;
    this.diagnostics = diagnostics;
    this.sources = readSources(loading.blocks, diagnostics);
  }

  write(): WrittenBuilds {
    const blocks = this.loading.blocks.filter(block => block.type === 'build');
    for (const block of blocks) this.build(block, blocks.length > 1);
    if (blocks.length === 0) this.diagnostics.push(errorAt(undefined, 'no-build', 'the template has no build block'));
    return this.result;
  }

  private build(block: Block, several: boolean): void {
    const { result, diagnostics } = this;
    const { attributes, blocks: written } = readBody(block.body, BUILD, 'a build block', diagnostics);
    const reader = new ArgumentReader(attributes, this.loading.scope, diagnostics);
    const name = reader.text('name') ?? '';
    result.description ??= reader.text('description');
    const scope = withBuildName(this.loading.scope, name);
    const blocks = expandBlocks(written, scope, diagnostics);
    const uses = [
      ...(reader.texts('sources') ?? []).flatMap(reference => {
        const span = attributes.get('sources')?.expression.span ?? block.headerSpan;
        const source = findSource(reference, span, this.sources, diagnostics);
        return source ? [this.builder(source, source.name, [source.block.body], name)] : [];
      }),
      ...blocks.filter(one => one.block.type === 'source').flatMap(one => this.sourceUse(one, name)),
    ];
    const own = several ? uses : undefined;
    for (const one of blocks) {
      switch (one.block.type) {
        case 'provisioner':
          result.provisioners.push(this.component('provisioner', one, uses, own));
          break;
        case 'error-cleanup-provisioner':
          if (several || result.errorCleanup)
            diagnostics.push(
              errorAt(
                one.block.headerSpan,
                'not-in-json',
                'a JSON template has one error-cleanup-provisioner, for all of its builders',
              ),
            );
          else result.errorCleanup = this.component('provisioner', one, uses, undefined);
          break;
        case 'post-processor':
          result.sequences.push(this.component('post-processor', one, uses, own));
          break;
        case 'post-processors': {
          const inner = readBody(one.block.body, SEQUENCE, 'a post-processors block', diagnostics).blocks;
          const sequence = expandBlocks(inner, one.scope, diagnostics);
          result.sequences.push(sequence.map(each => this.component('post-processor', each, uses, own)));
          break;
        }
      }
    }
  }

  private sourceUse({ block, scope }: ScopedBlock, build: string): Use[] {
    const [label] = block.labels;
    const source = label && findSource(label.text, label.span, this.sources, this.diagnostics);
    if (!source) return [];
    const { attributes } = openContent(block.body, undefined);
    const named = new Map(attributes.filter(one => one.name === 'name').map(one => [one.name, one]));
    const name = new ArgumentReader(named, scope, this.diagnostics).text('name') ?? source.name;
    return [this.builder(source, name, [source.block.body, withoutName(block.body)], build)];
  }

  private builder(source: Source, name: string, bodies: readonly Body[], build: string): Use {
    const candidates = [name, ...(build === '' ? [] : [`${build}-${name}`]), `${source.type}-${name}`];
    let builder = candidates.find(one => !this.taken.has(one)) ?? name;
    for (let number = 2; this.taken.has(builder); number++) builder = `${name}_${number}`;
    this.taken.add(builder);
    const table = this.tableOf('builder', source.type);
    const { loading, writer, diagnostics } = this;
    const search = findImageSearch(bodies, loading);
    const skip = new Set(search ? ['source_ami'] : []);
    const options = optionsOf(bodies, loading.scope, table, writer, diagnostics, skip);
    this.result.builders.push({
      type: source.type,
      ...(builder !== source.type && { name: builder }),
      ...options,
      ...(search && { source_ami_filter: sourceAmiFilter(search, options, loading, writer, diagnostics) }),
    });
    return { id: `${source.type}.${name}`, name, builder };
  }

  private component(
    kind: 'provisioner' | 'post-processor',
    { block, scope }: ScopedBlock,
    uses: readonly Use[],
    own: readonly Use[] | undefined,
  ): JsonObject {
    const type = block.labels[0]?.text ?? '';
    const attributes = new Map(openContent(block.body, undefined).attributes.map(one => [one.name, one]));
    const reader = new ArgumentReader(attributes, scope, this.diagnostics);
    const options = optionsOf([block.body], scope, this.tableOf(kind, type), this.writer, this.diagnostics, META);
    if (kind === 'provisioner') this.checkProvisioner(attributes, reader);
    const name = kind === 'post-processor' ? reader.text('name') : undefined;
    const keep = reader.flag('keep_input_artifact');
    const override = attributes.get('override');
    return {
      type,
      ...(name !== undefined && { name }),
      ...this.selection(reader, uses, own),
      ...(kind === 'post-processor' && keep !== undefined && { keep_input_artifact: keep }),
      ...(override && { override: this.override(override, scope, uses) }),
      ...options,
    };
  }

  private checkProvisioner(attributes: ReadonlyMap<string, Attribute>, reader: ArgumentReader): void {
    const name = attributes.get('name');
    if (name)
      this.diagnostics.push(
        warningAt(name.span, 'lost-in-json', 'the name is lost: provisioners of JSON templates have none'),
      );
    const goesOn = attributes.get('continue_on_error');
    if (goesOn && reader.flag('continue_on_error') === true)
      this.diagnostics.push(
        errorAt(goesOn.span, 'not-in-json', 'continue_on_error is there in HCL2 only', {
          hint: 'end the script with "|| true"',
        }),
      );
  }

  /** `only` and `except` by names of builders; with several build blocks all that is for a part of the builders says so. */
  private selection(reader: ArgumentReader, uses: readonly Use[], own: readonly Use[] | undefined): JsonObject {
    const only = reader.texts('only');
    const except = reader.texts('except');
    if (!own && !only?.length && !except?.length) return {};
    const chosen = uses.filter(use => (only?.length ? only.includes(use.id) : !except?.includes(use.id)));
    if (!own && chosen.length === uses.length) return {};
    if (chosen.length > 0) return { only: chosen.map(({ builder }) => builder) };
    return { except: this.result.builders.map(({ name, type }) => String(name ?? type)) };
  }

  private override(attribute: Attribute, scope: ScopedBlock['scope'], uses: readonly Use[]): JsonObject {
    const value = this.writer.json(attribute.expression, scope);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, options]) =>
        uses.filter(use => use.name === name).map(use => [use.builder, options] as const),
      ),
    );
  }
}

/** `name` in the use of a source renames it. */
function withoutName(body: Body): Body {
  if (body.syntax === 'json') return { ...body, members: body.members.filter(one => one.name !== 'name') };
  return { ...body, attributes: body.attributes.filter(one => one.name !== 'name') };
}
