import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { openContent, readBody } from './blocks/content.ts';
import { expandBlocks } from './blocks/dynamic.ts';
import { BUILD, SEQUENCE } from './blocks/schemas.ts';
import { ArgumentReader } from './blocks/values.ts';
import type { HclLoadOptions } from './index.ts';
import { type Loading, prepareLoading, secretsOf } from './loading.ts';
import type { Block } from './syntax/ast.ts';
import { showValue } from './values/show.ts';
import type { Value } from './values/value.ts';

export interface BuildSection {
  /** Empty when the block has none. */
  readonly name: string;
  readonly description: string | undefined;
  /** `type.name` */
  readonly sources: readonly string[];
  /** `type`, or `type.name` where named. */
  readonly provisioners: readonly string[];
  /** The same; one list per sequence. */
  readonly postProcessors: readonly (readonly string[])[];
}

/** An HCL2 template block by block, as `inspect` shows it. */
export interface Sections {
  /** Values in HCL's form; `"<sensitive>"` and `"<unknown>"` stand for those that are not shown or not there. */
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  readonly locals: readonly { readonly name: string; readonly value: string }[];
  readonly builds: readonly BuildSection[];
  /** What must be masked wherever it stands in all of this, as texts and as HCL writes them. */
  readonly secrets: readonly string[];
}

/** Reads a template that was loaded without errors before; nothing is fetched, and variables need no values. */
export async function inspectSections(path: string, options: HclLoadOptions): Promise<Sections> {
  const loading = await prepareLoading(path, { ...options, syntaxOnly: true }, []);
  if (!loading) return { variables: [], locals: [], builds: [], secrets: [] };
  const hidden = new Set(loading.sensitiveLocals);
  return {
    variables: sorted(
      [...loading.resolved.values()].map(({ declaration, value }) => ({
        name: declaration.name,
        value: shown(value, declaration.sensitive),
      })),
    ),
    locals: sorted([...loading.locals].map(([name, value]) => ({ name, value: shown(value, hidden.has(value)) }))),
    builds: loading.blocks.filter(block => block.type === 'build').map(block => buildSection(block, loading)),
    secrets: secretsOf(loading).flatMap(text => [text, JSON.stringify(text).slice(1, -1)]),
  };
}

function sorted<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function shown(value: Value, sensitive: boolean): string {
  if (sensitive) return '"<sensitive>"';
  if (value.kind === 'unknown') return '"<unknown>"';
  return value.kind === 'string' ? JSON.stringify(value.text) : showValue(value);
}

function buildSection(block: Block, { scope }: Loading): BuildSection {
  // What is wrong with the blocks was told when the template was loaded.
  const unheard: Diagnostic[] = [];
  const { attributes, blocks: written } = readBody(block.body, BUILD, 'a build block', unheard);
  const reader = new ArgumentReader(attributes, scope, unheard);
  const blocks = expandBlocks(written, scope, unheard).map(one => one.block);
  const labels = (type: string): string[] =>
    blocks.filter(one => one.type === type).map(one => one.labels[0]?.text ?? '');
  const sources = [...(reader.texts('sources') ?? []), ...labels('source')];
  const sequences = blocks.flatMap(one => {
    if (one.type === 'post-processor') return [[one]];
    if (one.type !== 'post-processors') return [];
    const inner = readBody(one.body, SEQUENCE, 'a post-processors block', unheard).blocks;
    return [expandBlocks(inner, scope, unheard).map(each => each.block)];
  });
  return {
    name: reader.text('name') ?? '',
    description: reader.text('description'),
    sources: sources.map(reference => reference.split('.').slice(-2).join('.')),
    provisioners: blocks.filter(one => one.type === 'provisioner').map(one => named(one, scope)),
    postProcessors: sequences.map(sequence => sequence.map(one => named(one, scope))),
  };
}

function named(block: Block, scope: Loading['scope']): string {
  const type = block.labels[0]?.text ?? '';
  const { attributes } = openContent(block.body, undefined);
  const name = new ArgumentReader(new Map(attributes.map(one => [one.name, one])), scope, []).text('name');
  return name === undefined ? type : `${type}.${name}`;
}
