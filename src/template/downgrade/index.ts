import { type Diagnostic, errorAt, hasErrors, warningAt } from '../../sdk/diagnostics.ts';
import type { Span } from '../../sdk/source.ts';
import { formatJson } from '../format/json.ts';
import { openContent } from '../hcl/blocks/content.ts';
import { type LocalNode, readNodes } from '../hcl/blocks/graph.ts';
import { constantScope } from '../hcl/blocks/values.ts';
import { evaluate } from '../hcl/eval/index.ts';
import type { HclLoadOptions } from '../hcl/index.ts';
import { type Loading, prepareLoading } from '../hcl/loading.ts';
import type { Block, Expression } from '../hcl/syntax/ast.ts';
import { toJson } from '../hcl/values/json.ts';
import { BuildsWriter, type TableOf } from './builds.ts';
import { ExpressionWriter, type Json } from './expression.ts';
import { goText } from './go-text.ts';

export type { TableOf } from './builds.ts';

export interface DowngradeResult {
  /** The JSON template, formatted; absent when there is something that it cannot say. */
  readonly text?: string;
  /** Errors: what JSON templates have nothing for, with its places. Warnings: what is lost without harm to the builds. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Rewrites an HCL2 file or folder as a JSON template, if it can be one. Never throws for what the user wrote. */
export async function downgradeTemplate(
  path: string,
  options: HclLoadOptions,
  tableOf: TableOf,
): Promise<DowngradeResult> {
  const diagnostics: Diagnostic[] = [];
  const loading = await prepareLoading(path, { ...options, syntaxOnly: true }, diagnostics);
  if (!loading || hasErrors(diagnostics)) return { diagnostics };
  const template = write(loading, tableOf, diagnostics);
  if (hasErrors(diagnostics)) return { diagnostics };
  const formatted = formatJson({ path, text: `${JSON.stringify(template, null, 2)}\n` });
  return 'text' in formatted ? { text: formatted.text, diagnostics } : { diagnostics: formatted.diagnostics };
}

function write(loading: Loading, tableOf: TableOf, diagnostics: Diagnostic[]): Json {
  const nodes = [...readNodes(loading.blocks, []).values()];
  const locals = new Map(nodes.flatMap(node => (node.kind === 'local' ? [[node.name, node] as const] : [])));
  const simple = [...loading.resolved.values()].filter(({ declaration }) => isSimple(declaration));
  const variables = new Set(simple.map(({ declaration }) => declaration.name));
  const sensitive = [...locals.values()].filter(local => local.sensitive);
  for (const { name, span } of sensitive.filter(local => variables.has(local.name)))
    diagnostics.push(
      errorAt(span, 'not-in-json', `local.${name} is sensitive, and would have to be a variable like var.${name}`),
    );
  const masked = new Set(sensitive.map(({ name }) => name));
  const names = { variables, locals, masked, scope: loading.scope };
  const writer = new ExpressionWriter(names, diagnostics);
  const builds = new BuildsWriter(loading, writer, tableOf, diagnostics).write();
  const values = { ...variableDefaults(simple, diagnostics), ...maskedLocals(sensitive, writer, loading) };
  const secrets = [
    ...simple.flatMap(({ declaration }) => (declaration.sensitive ? [declaration.name] : [])),
    ...masked,
  ];
  return {
    ...(builds.description !== undefined && { description: builds.description }),
    ...minVersion(loading.blocks, diagnostics),
    ...(Object.keys(values).length > 0 && { variables: values }),
    ...(secrets.length > 0 && { 'sensitive-variables': secrets }),
    builders: builds.builders,
    ...(builds.provisioners.length > 0 && { provisioners: builds.provisioners }),
    ...(builds.errorCleanup && { 'error-cleanup-provisioner': builds.errorCleanup }),
    ...(builds.sequences.length > 0 && { 'post-processors': builds.sequences }),
  };
}

type Resolved = Loading['resolved'] extends ReadonlyMap<string, infer T> ? T : never;

/** JSON templates have variables of one text; numbers and flags can be written as such. */
function isSimple({ constraint: { type }, default: given }: Resolved['declaration']): boolean {
  if (['string', 'number', 'bool'].includes(type.kind)) return true;
  return type.kind === 'dynamic' && (!given || ['string', 'number', 'bool', 'null'].includes(given.value.kind));
}

function variableDefaults(simple: readonly Resolved[], diagnostics: Diagnostic[]): Record<string, Json> {
  const lost = (span: Span, message: string): void => {
    diagnostics.push(warningAt(span, 'lost-in-json', message));
  };
  const entries = simple.map(({ declaration }): [string, Json] => {
    const { name, default: given, validations, span } = declaration;
    if (validations[0])
      lost(validations[0].span, `the rules for var.${name} are lost: JSON templates check no variables`);
    if (!given) return [name, null];
    const env = environmentText(given.expression);
    if (env !== undefined) return [name, env];
    if (given.value.kind === 'null') lost(span, `the default of var.${name} is null, which becomes an empty text`);
    if (given.value.kind === 'string') return [name, given.value.text];
    return [name, given.value.kind === 'null' ? '' : toJson(given.value)];
  });
  return Object.fromEntries(entries);
}

/** A default that asks the environment, as the JSON template asks it; undefined when it does not. */
function environmentText(expression: Expression): string | undefined {
  if (expression.kind === 'call' && expression.name.text === 'env') {
    const [name] = expression.args;
    const value = name && evaluate(name, constantScope('a name'), []);
    return value?.kind === 'string' ? `{{env ${goText(value.text)}}}` : undefined;
  }
  if (expression.kind !== 'template') return undefined;
  const parts = expression.parts.map(part => {
    if (part.kind === 'text') return part.text;
    return part.kind === 'interpolation' ? environmentText(part.expression) : undefined;
  });
  return parts.every(part => part !== undefined) && expression.parts.some(part => part.kind !== 'text')
    ? parts.join('')
    : undefined;
}

function maskedLocals(
  locals: readonly LocalNode[],
  writer: ExpressionWriter,
  { scope }: Loading,
): Record<string, Json> {
  return Object.fromEntries(
    locals.flatMap(({ name, expression }) => {
      const value = writer.json(expression, scope);
      return value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)] as const];
    }),
  );
}

function minVersion(blocks: readonly Block[], diagnostics: Diagnostic[]): Record<string, Json> {
  for (const block of blocks.filter(one => one.type === 'packer')) {
    const attribute = openContent(block.body, undefined, { required_plugins: [] }).attributes.find(
      one => one.name === 'required_version',
    );
    const value = attribute && evaluate(attribute.expression, constantScope('a version'), []);
    if (!attribute || value?.kind !== 'string') continue;
    const version = /^\s*>=\s*v?(\d[\w.+-]*)\s*$/.exec(value.text)?.[1];
    if (version) return { min_packer_version: version };
    diagnostics.push(
      warningAt(attribute.span, 'lost-in-json', `"${value.text}" is lost: JSON templates only know a least version`),
    );
  }
  return {};
}
