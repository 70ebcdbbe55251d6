import { type Diagnostic, hasErrors } from '../../sdk/diagnostics.ts';
import type { OptionTable } from '../../sdk/options.ts';
import type { SourceFile } from '../../sdk/source.ts';
import { formatHcl } from '../hcl/format/index.ts';
import { checkMinVersion, checkTemplate } from '../json/check.ts';
import type { RawTemplate } from '../json/raw.ts';
import { parseTemplate } from '../json/template.ts';
import { ANNOTATIONS } from './annotations.ts';
import { BuildBlock, type TableOf } from './build.ts';
import { comment, quoteText } from './literal.ts';
import { nameSources } from './naming.ts';
import { requiredPlugins } from './plugins.ts';
import { sourceBlock } from './sources.ts';
import { Globals } from './variables.ts';

export interface UpgradeOptions {
  /** Explain each kind of block in a comment. */
  readonly annotations: boolean;
  readonly tableOf: TableOf;
  /** The options of the data source amazon-ami. */
  readonly amazonAmi: OptionTable;
}

export interface UpgradeResult {
  /** The HCL2 template, formatted; absent when the JSON template has errors. */
  readonly text?: string;
  /** Errors, and a warning for each call that could not be translated. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The component types of a template, so that their options can be looked up before it is upgraded. */
export function componentTypes(source: SourceFile): readonly Parameters<TableOf>[] {
  const { raw } = parseTemplate(source);
  return raw ? typesOf(raw) : [];
}

/** Rewrites a JSON template in HCL2: the same builds, with comments and descriptions. Never throws for what the user wrote. */
export function upgradeTemplate(source: SourceFile, options: UpgradeOptions): UpgradeResult {
  const { raw, diagnostics: syntax } = parseTemplate(source);
  const diagnostics: Diagnostic[] = raw ? [...syntax, ...checkTemplate(raw), ...checkMinVersion(raw)] : [...syntax];
  if (!raw || hasErrors(diagnostics)) return { diagnostics };
  const formatted = formatHcl({ path: source.path, text: write(raw, options, diagnostics) });
  return 'text' in formatted ? { text: formatted.text, diagnostics } : formatted;
}

function write(raw: RawTemplate, options: UpgradeOptions, diagnostics: Diagnostic[]): string {
  const globals = new Globals(raw);
  const sources = nameSources(raw.builders, raw.variables);
  // In this order, as each may refer to what stands above it in the file.
  const build = new BuildBlock(raw, sources, globals, options.tableOf, diagnostics).text();
  const sourceBlocks = sources.map(one =>
    sourceBlock(
      one,
      globals,
      { builder: options.tableOf('builder', one.builder.type), amazonAmi: options.amazonAmi },
      diagnostics,
    ),
  );
  const locals = globals.locals(diagnostics);
  const variables = globals.variables(diagnostics);
  const data = globals.data.map(({ type, name, body }) => `data "${type}" "${name}" {\n${body}}\n`);
  const timestamp = globals.timestampLocal();
  const types = [...typesOf(raw).map(([, type]) => type), ...globals.data.map(({ type }) => type)];
  const section = (kind: keyof typeof ANNOTATIONS, blocks: readonly string[]): string[] => {
    const [first, ...rest] = blocks;
    if (first === undefined) return [];
    return [options.annotations ? `${comment(ANNOTATIONS[kind])}\n${first}` : first, ...rest];
  };
  return [
    ...(options.annotations ? [`${comment(ANNOTATIONS.file)}\n`] : []),
    ...rootComments(raw),
    ...section('packer', packerBlock(raw, types)),
    ...section('variable', variables),
    ...section('data', data),
    ...section('timestamp', timestamp === undefined ? [] : [timestamp]),
    ...section('local', locals),
    ...section('source', sourceBlocks),
    ...section('build', [build]),
  ].join('\n');
}

/** Root keys that begin with an underscore, and the texts under `comments`. */
function rootComments({ root }: RawTemplate): string[] {
  const texts = root.members.flatMap(({ key, value }) => {
    if (key.startsWith('_') && value.kind === 'string') return [value.value];
    if (key.toLowerCase() !== 'comments' || value.kind !== 'array') return [];
    return value.items.flatMap(item =>
      item.kind === 'object'
        ? item.members.flatMap(one => (one.value.kind === 'string' ? [`${one.key}: ${one.value.value}`] : []))
        : [],
    );
  });
  return texts.map(text => `${comment(text)}\n`);
}

function packerBlock({ minVersion }: RawTemplate, types: readonly string[]): string[] {
  const version = minVersion?.value ? `required_version = ${quoteText(`>= ${minVersion.value}`)}\n` : '';
  const plugins = requiredPlugins(types).map(
    ({ name, source }) => `${name} = {\nsource = ${quoteText(source)}\nversion = "~> 1"\n}\n`,
  );
  const required = plugins.length > 0 ? `required_plugins {\n${plugins.join('')}}\n` : '';
  return version || required ? [`packer {\n${version}${required}}\n`] : [];
}

function typesOf(raw: RawTemplate): Parameters<TableOf>[] {
  const cleanup = raw.errorCleanup ? [raw.errorCleanup] : [];
  return [
    ...raw.builders.map(({ type }) => ['builder', type] as const),
    ...[...raw.provisioners, ...cleanup].map(({ type }) => ['provisioner', type] as const),
    ...raw.sequences.flat().map(({ type }) => ['post-processor', type] as const),
  ].map(([kind, type]) => [kind, type]);
}
