import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { memberOf, type ObjectNode } from '../../sdk/node.ts';
import type { OptionTable } from '../../sdk/options.ts';
import { bodyOf, type WriteText } from './body.ts';
import { quoteText } from './literal.ts';
import type { SourceName } from './naming.ts';
import type { Globals } from './variables.ts';
import { BlockWriter } from './writer.ts';

export interface SourceTables {
  /** Undefined for plugins that are not built in. */
  readonly builder: OptionTable | undefined;
  /** The options of the data source amazon-ami. */
  readonly amazonAmi: OptionTable;
}

/** A builder as a `source` block; what it searches its source image with becomes a data source. */
export function sourceBlock(
  { builder, name, was }: SourceName,
  globals: Globals,
  tables: SourceTables,
  diagnostics: Diagnostic[],
): string {
  const buildName = was === builder.type ? 'source.type' : was === name ? 'source.name' : was && quoteText(was);
  const names = globals.namesFor({ buildName, buildType: 'source.type', running: false });
  const writer = new BlockWriter(names, diagnostics);
  // A data block belongs to no source: there the names are written out.
  const outside = { buildName: was && quoteText(was), buildType: quoteText(builder.type), running: false };
  const dataWriter = new BlockWriter(globals.namesFor(outside), diagnostics);
  const body = withImageSearch(builder.options, builder.type, globals, tables, { writer, dataWriter });
  return `${writer.remarks}source ${quoteText(builder.type)} "${name}" {\n${body}}\n`;
}

function withImageSearch(
  options: ObjectNode,
  type: string,
  globals: Globals,
  { builder, amazonAmi }: SourceTables,
  { writer, dataWriter }: { readonly writer: BlockWriter; readonly dataWriter: BlockWriter },
): string {
  const filter = memberOf(options, 'source_ami_filter');
  const isAmazon = type.startsWith('amazon-') && !memberOf(options, 'source_ami');
  if (!isAmazon || filter?.value.kind !== 'object') return bodyOf(options, builder, writer.text);
  const search = filter.value;
  const known = (members: ObjectNode['members']): ObjectNode['members'] =>
    members.filter(({ key, value }) => value.kind !== 'null' && Object.hasOwn(amazonAmi, key.toLowerCase()));
  if (known(search.members).length < search.members.filter(({ value }) => value.kind !== 'null').length)
    return bodyOf(options, builder, writer.text);
  const own = new Set(search.members.map(({ key }) => key.toLowerCase()));
  const access = known(options.members).filter(({ key }) => !own.has(key.toLowerCase()));
  const query: ObjectNode = { ...search, members: [...access, ...search.members] };
  const reference = globals.dataSource('amazon-ami', bodyOf(query, amazonAmi, dataWriter.text));
  const at = options.members.indexOf(filter);
  const around = (members: ObjectNode['members'], text: WriteText): string =>
    bodyOf({ ...options, members }, builder, text);
  return [
    around(options.members.slice(0, at), writer.text),
    `source_ami = "\${${reference}.id}"\n`,
    around(options.members.slice(at + 1), writer.text),
  ].join('');
}
