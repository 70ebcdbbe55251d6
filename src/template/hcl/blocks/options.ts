import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { MemberNode, ObjectNode } from '../../../sdk/node.ts';
import type { Span } from '../../../sdk/source.ts';
import { evaluate, type Scope } from '../eval/index.ts';
import type { Body } from '../syntax/ast.ts';
import { openContent } from './content.ts';
import { expandBlocks, type ScopedBlock } from './dynamic.ts';
import { toNode } from './to-node.ts';

const NOTHING: ReadonlySet<string> = new Set();

/**
 * Evaluates the arguments of a plugin. Null counts as left out. Blocks become lists of objects, in the order written,
 * since only the plugin's schema knows whether there may be several. Names in `skip` are left to the caller.
 */
export function evaluateBody(
  bodies: readonly Body[],
  scope: Scope,
  span: Span,
  diagnostics: Diagnostic[],
  skip = NOTHING,
): ObjectNode {
  const members = new Map<string, MemberNode>();
  const blocks: ScopedBlock[] = [];
  for (const body of bodies) {
    const content = openContent(body, diagnostics);
    for (const { name, nameSpan, expression } of content.attributes) {
      if (skip.has(name)) continue;
      const earlier = members.get(name);
      if (earlier) {
        diagnostics.push(duplicate(name, nameSpan, earlier.keySpan));
        continue;
      }
      const value = evaluate(expression, scope, diagnostics);
      if (value.kind === 'null') continue;
      members.set(name, { key: name, keySpan: nameSpan, value: toNode(value, expression, scope) });
    }
    blocks.push(...expandBlocks(content.blocks, scope, diagnostics));
  }
  return { kind: 'object', members: [...members.values(), ...blockMembers(blocks, members, diagnostics)], span };
}

function blockMembers(
  blocks: readonly ScopedBlock[],
  attributes: ReadonlyMap<string, MemberNode>,
  diagnostics: Diagnostic[],
): MemberNode[] {
  const byType = new Map<string, { keySpan: Span; items: ObjectNode[] }>();
  for (const { block, scope } of blocks) {
    const clash = attributes.get(block.type);
    if (clash) diagnostics.push(duplicate(block.type, block.typeSpan, clash.keySpan));
    const [label] = block.labels;
    if (label) {
      diagnostics.push(
        errorAt(label.span, 'extra-label', `the block "${block.type}" takes no label`, {
          hint: `write ${block.type} { ... }, or ${block.type} = "${label.text}" for an argument`,
        }),
      );
    }
    const node = evaluateBody([block.body], scope, block.headerSpan, diagnostics);
    const group = byType.get(block.type);
    if (group) group.items.push(node);
    else byType.set(block.type, { keySpan: block.typeSpan, items: [node] });
  }
  return [...byType].map(([key, { keySpan, items }]) => ({
    key,
    keySpan,
    value: { kind: 'array', items, span: keySpan },
  }));
}

function duplicate(name: string, span: Span, earlier: Span): Diagnostic {
  return errorAt(span, 'duplicate-argument', `"${name}" is already set`, {
    hint: 'delete one of the two; what a source block sets, its use in a build block cannot set again',
    notes: [{ message: 'it is set here first', span: earlier }],
  });
}
