import type { Diagnostic } from '../../sdk/diagnostics.ts';
import type { OptionTable } from '../../sdk/options.ts';
import { openContent } from '../hcl/blocks/content.ts';
import { expandBlocks } from '../hcl/blocks/dynamic.ts';
import type { Scope } from '../hcl/eval/index.ts';
import type { Body, Expression } from '../hcl/syntax/ast.ts';
import type { ExpressionWriter, Json } from './expression.ts';

export type JsonObject = Record<string, Json>;

/** Arguments and blocks as the options of a JSON template. Names in `skip` are left out. */
export function optionsOf(
  bodies: readonly Body[],
  scope: Scope,
  table: OptionTable | undefined,
  writer: ExpressionWriter,
  diagnostics: Diagnostic[],
  skip: ReadonlySet<string> = new Set(),
): JsonObject {
  const options: JsonObject = {};
  const blocks = new Map<string, JsonObject[]>();
  for (const body of bodies) {
    const content = openContent(body, diagnostics);
    for (const { name, expression } of content.attributes) {
      if (skip.has(name)) continue;
      const list = table?.[name]?.type === 'strings' ? separated(expression) : undefined;
      const value = writer.json(list ?? expression, scope);
      if (value !== undefined && value !== null) options[name] = value;
    }
    for (const { block, scope: inner } of expandBlocks(content.blocks, scope, diagnostics)) {
      const made = optionsOf([block.body], inner, table?.[block.type]?.fields, writer, diagnostics);
      blocks.set(block.type, [...(blocks.get(block.type) ?? []), made]);
    }
  }
  for (const [name, made] of blocks) {
    const [only] = made;
    const isList = table?.[name] ? table[name].type === 'blocks' : made.length > 1;
    options[name] = isList || made.length !== 1 || !only ? made : only;
  }
  return options;
}

/**
 * The text that `split(",", text)` takes apart, also inside of `compact`: where a list is wanted, a JSON template takes
 * the text apart by itself.
 */
function separated(expression: Expression): Expression | undefined {
  if (expression.kind !== 'call' || expression.expandLast) return undefined;
  const [first, second] = expression.args;
  if (expression.name.text === 'compact') return first && separated(first);
  if (expression.name.text !== 'split' || first?.kind !== 'template' || !second) return undefined;
  const [part] = first.parts;
  return first.parts.length === 1 && part?.kind === 'text' && part.text === ',' ? second : undefined;
}
