import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { formatDuration } from '../../sdk/duration.ts';
import type { OptionTable } from '../../sdk/options.ts';
import type { NameRef, RawPostProcessor, RawProvisioner, RawTemplate } from '../json/raw.ts';
import { bodyOf, expressionOf, listOf } from './body.ts';
import { objectKey, quoteText } from './literal.ts';
import type { SourceName } from './naming.ts';
import { Globals } from './variables.ts';
import { BlockWriter } from './writer.ts';

/** The options of a plugin; undefined when it is not built in. */
export type TableOf = (kind: 'builder' | 'provisioner' | 'post-processor', type: string) => OptionTable | undefined;

/** The `build` block. */
export class BuildBlock {
  private readonly raw: RawTemplate;
  private readonly sources: readonly SourceName[];
  private readonly globals: Globals;
  private readonly tableOf: TableOf;
  private readonly diagnostics: Diagnostic[];

  constructor(
    raw: RawTemplate,
    sources: readonly SourceName[],
    globals: Globals,
    tableOf: TableOf,
    diagnostics: Diagnostic[],
  ) {
    this.raw = raw;
    this.sources = sources;
    this.globals = globals;
    this.tableOf = tableOf;
    this.diagnostics = diagnostics;
  }

  text(): string {
    const raw = this.raw;
    const description = raw.description ? `description = ${quoteText(raw.description)}\n\n` : '';
    const list = listOf(this.sources.map(({ builder, name }) => quoteText(`source.${builder.type}.${name}`)));
    const parts = [
      `${description}sources = ${list}\n`,
      ...raw.provisioners.map(one => this.provisioner(one, 'provisioner')),
      ...(raw.errorCleanup ? [this.provisioner(raw.errorCleanup, 'error-cleanup-provisioner')] : []),
      ...raw.sequences.flatMap(sequence => this.sequence(sequence)),
    ];
    return `build {\n${parts.join('\n')}}\n`;
  }

  private provisioner(one: RawProvisioner, block: 'provisioner' | 'error-cleanup-provisioner'): string {
    const writer = this.writer();
    const duration = (name: string, value: number): string =>
      value > 0 ? `${name} = ${quoteText(value < 1e-3 ? '1ns' : formatDuration(value))}\n` : '';
    // JSON templates do not honour these two for the one that cleans up.
    const selection = block === 'provisioner' ? this.selection(one) : '';
    const meta = [
      selection,
      duration('pause_before', one.pauseBefore),
      duration('timeout', one.timeout),
      one.maxRetries && one.maxRetries.value !== ''
        ? `max_retries = ${retries(one.maxRetries.value, writer, one)}\n`
        : '',
      this.overrides(one, writer),
    ].join('');
    const body = bodyOf(one.options, this.tableOf('provisioner', one.type), writer.text);
    return `${writer.remarks}${block} ${quoteText(one.type)} ${blockOf(meta + body)}\n`;
  }

  private overrides({ overrides }: RawProvisioner, writer: BlockWriter): string {
    const entries = overrides.flatMap(({ name, value }) => {
      const source = this.sources.find(({ builder }) => builder.name === name);
      return source && value.kind === 'object'
        ? [`${objectKey(source.name)} = ${expressionOf(value, writer.text)}\n`]
        : [];
    });
    return entries.length > 0 ? `override = {\n${entries.join('')}}\n` : '';
  }

  private sequence(sequence: readonly RawPostProcessor[]): string[] {
    const blocks = sequence.map(one => this.postProcessor(one));
    if (blocks.length <= 1) return blocks;
    return [`post-processors {\n${blocks.join('\n')}}\n`];
  }

  private postProcessor(one: RawPostProcessor): string {
    const writer = this.writer();
    const meta = [
      one.named ? `name = ${quoteText(one.name)}\n` : '',
      this.selection(one),
      one.keepInputArtifact === undefined ? '' : `keep_input_artifact = ${one.keepInputArtifact}\n`,
    ].join('');
    const body = bodyOf(one.options, this.tableOf('post-processor', one.type), writer.text);
    return `${writer.remarks}post-processor ${quoteText(one.type)} ${blockOf(meta + body)}\n`;
  }

  /** `only` and `except` name sources as TYPE.NAME. */
  private selection({
    only,
    except,
  }: {
    readonly only: readonly NameRef[];
    readonly except: readonly NameRef[];
  }): string {
    const list = (name: string, references: readonly NameRef[]): string => {
      const names = references.flatMap(ref => {
        const source = this.sources.find(({ builder }) => builder.name === ref.name);
        return source ? [quoteText(`${source.builder.type}.${source.name}`)] : [];
      });
      return names.length > 0 ? `${name} = ${listOf(names)}\n` : '';
    };
    return list('only', only) + list('except', except);
  }

  private writer(): BlockWriter {
    return new BlockWriter(
      this.globals.namesFor({ buildName: this.buildName(), buildType: 'source.type', running: true }),
      this.diagnostics,
    );
  }

  /** What `build_name` gave, for a text that all sources share. */
  private buildName(): string | undefined {
    if (this.sources.some(({ was }) => was === undefined)) return undefined;
    if (this.sources.every(({ was, builder }) => was === builder.type)) return 'source.type';
    const renamed = this.sources.flatMap(({ name, was }) =>
      was !== undefined && was !== name ? [[name, was] as const] : [],
    );
    return renamed.length === 0 ? 'source.name' : Globals.lookup(renamed);
  }
}

function retries(text: string, writer: BlockWriter, { maxRetries }: RawProvisioner): string {
  if (/^[+-]?\d+$/.test(text)) return String(Math.max(0, Number(text)));
  return maxRetries ? writer.text(maxRetries) : quoteText(text);
}

function blockOf(body: string): string {
  return body === '' ? '{}' : `{\n${body}}`;
}
