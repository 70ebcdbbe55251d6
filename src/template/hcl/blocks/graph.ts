import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { Span } from '../../../sdk/source.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import type { Attribute, Block, Expression } from '../syntax/ast.ts';
import { openContent, readBody } from './content.ts';
import { expressionsOf, referencesIn } from './references.ts';
import { LOCAL } from './schemas.ts';
import { ArgumentReader, constantScope } from './values.ts';

/** A local value or a data source: what others may depend on. */
export type GraphNode = LocalNode | DataNode;

export interface LocalNode {
  readonly kind: 'local';
  /** `local.NAME` */
  readonly id: string;
  readonly name: string;
  readonly span: Span;
  readonly expression: Expression;
  readonly sensitive: boolean;
}
export interface DataNode {
  readonly kind: 'data';
  /** `data.TYPE.NAME` */
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly span: Span;
  readonly block: Block;
}

/** Reads `local`, `locals` and `data` blocks. */
export function readNodes(blocks: readonly Block[], diagnostics: Diagnostic[]): Map<string, GraphNode> {
  const nodes = new Map<string, GraphNode>();
  const add = (node: GraphNode): void => {
    const earlier = nodes.get(node.id);
    if (!earlier) nodes.set(node.id, node);
    else {
      const notes = [{ message: 'declared here first', span: earlier.span }];
      diagnostics.push(
        errorAt(node.span, 'duplicate-name', `"${node.id}" is declared twice`, {
          hint: 'delete one of the two, or rename it',
          notes,
        }),
      );
    }
  };
  for (const block of blocks) {
    if (block.type === 'locals') for (const one of openContent(block.body, diagnostics).attributes) add(localOf(one));
    if (block.type === 'local') {
      const node = readLocal(block, diagnostics);
      if (node) add(node);
    }
    const [type, name] = block.labels;
    if (block.type === 'data' && type && name) {
      add({
        kind: 'data',
        id: `data.${type.text}.${name.text}`,
        type: type.text,
        name: name.text,
        span: block.headerSpan,
        block,
      });
    }
  }
  return nodes;
}

function localOf({ name, nameSpan, expression }: Attribute): LocalNode {
  return { kind: 'local', id: `local.${name}`, name, span: nameSpan, expression, sensitive: false };
}

function readLocal(block: Block, diagnostics: Diagnostic[]): LocalNode | undefined {
  const { attributes } = readBody(block.body, LOCAL, 'a local block', diagnostics);
  const expression = attributes.get('expression');
  const [label] = block.labels;
  if (!expression || !label) {
    diagnostics.push(
      errorAt(block.headerSpan, 'missing-argument', 'this local has no "expression"', {
        hint: 'write expression = VALUE',
      }),
    );
    return undefined;
  }
  const sensitive =
    new ArgumentReader(attributes, constantScope('"sensitive" is true or false'), diagnostics).flag('sensitive') ===
    true;
  return { ...localOf(expression), id: `local.${label.text}`, name: label.text, span: label.span, sensitive };
}

/** The nodes in an order in which each comes after those it needs. Cycles are reported and their members left out. */
export function inOrder(nodes: ReadonlyMap<string, GraphNode>, diagnostics: Diagnostic[]): GraphNode[] {
  const done = new Set<string>();
  const path: string[] = [];
  const onPath = new Set<string>();
  const ordered: GraphNode[] = [];
  // The stack is kept by hand: thousands of locals may depend on each other in one row.
  const stack: { node: GraphNode; needs: Iterator<string> }[] = [];
  const enter = (node: GraphNode): void => {
    path.push(node.id);
    onPath.add(node.id);
    stack.push({ node, needs: needsOf(node, nodes)[Symbol.iterator]() });
  };
  for (const start of nodes.values()) {
    if (!done.has(start.id)) enter(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const next = top?.needs.next();
      const id = next && !next.done ? next.value : undefined;
      const wanted = id === undefined ? undefined : nodes.get(id);
      if (!top || id === undefined) {
        stack.pop();
        path.pop();
        if (top) {
          done.add(top.node.id);
          onPath.delete(top.node.id);
          ordered.push(top.node);
        }
      } else if (onPath.has(id)) {
        const cycle = [...path.slice(path.indexOf(id)), id];
        diagnostics.push(
          errorAt(top.node.span, 'cycle', `"${top.node.id}" needs its own value: ${cycle.join(' -> ')}`, {
            hint: 'break the circle at one of them',
          }),
        );
      } else if (wanted && !done.has(id)) enter(wanted);
    }
  }
  return ordered;
}

/** The ids of the locals and data sources that a node refers to. */
export function needsOf(node: GraphNode, nodes: ReadonlyMap<string, GraphNode>): string[] {
  const expressions = node.kind === 'local' ? [node.expression] : expressionsOf(node.block.body);
  const needs = new Set<string>();
  for (const { root, path } of expressions.flatMap(referencesIn)) {
    const id =
      root === 'local'
        ? `local.${path[0] ?? ''}`
        : root === 'data'
          ? `data.${path[0] ?? ''}.${path[1] ?? ''}`
          : undefined;
    if (id === undefined) continue;
    if (nodes.has(id)) needs.add(id);
    // `local` as a whole, or a group of data sources, means all of them.
    else if (path.length === 0 || (root === 'data' && path.length === 1)) {
      for (const other of nodes.keys())
        if (other !== node.id && other.startsWith(`${[root, ...path].join('.')}.`)) needs.add(other);
    }
  }
  return [...needs];
}

/** What to say about a reference to a local that is not there. */
export function missingLocal(name: string, nodes: ReadonlyMap<string, GraphNode>): { message: string; hint: string } {
  const names = [...nodes.values()].flatMap(node => (node.kind === 'local' ? [node.name] : []));
  const hint = didYouMean(name, names).hint ?? `declare it: locals { ${name} = ... }`;
  return { message: `there is no local "${name}"`, hint };
}

/** What to say about a reference to a type of data source that no block has. */
export function missingData(type: string, nodes: ReadonlyMap<string, GraphNode>): { message: string; hint?: string } {
  const ids = [...nodes.keys()].filter(id => id.startsWith('data.'));
  const message = `the template has no data block of the type "${type}"`;
  return ids.length === 0
    ? { message, hint: `declare it: data "${type}" "NAME" { ... }` }
    : { message, hint: `there are ${ids.slice(0, 8).join(', ')}` };
}
