import type { Body, Expression, TemplatePart } from '../syntax/ast.ts';
import { openContent } from './content.ts';

/** A reference such as `data.amazon-ami.base.id`: its first name and the names after it, as far as they are plain. */
export interface Reference {
  readonly root: string;
  readonly path: readonly string[];
  readonly expression: Expression;
}

/** Calls `visit` for every expression inside, the given one first. */
export function walk(expression: Expression, visit: (expression: Expression) => void): void {
  visit(expression);
  for (const child of children(expression)) walk(child, visit);
}

function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'template':
      return expression.parts.flatMap(inPart);
    case 'attribute':
      return [expression.target];
    case 'index':
      return [expression.target, expression.key];
    case 'splat':
      return [expression.target, expression.each];
    case 'call':
      return expression.args;
    case 'conditional':
      return [expression.condition, expression.whenTrue, expression.whenFalse];
    case 'binary':
      return [expression.left, expression.right];
    case 'unary':
      return [expression.operand];
    case 'parentheses':
      return [expression.inner];
    case 'tuple':
      return expression.items;
    case 'object':
      return expression.items.flatMap(item => [item.key, item.value]);
    case 'for':
      return [expression.collection, expression.key, expression.value, expression.condition].filter(
        one => one !== undefined,
      );
    default:
      return [];
  }
}

function inPart(part: TemplatePart): readonly Expression[] {
  switch (part.kind) {
    case 'text':
      return [];
    case 'interpolation':
      return [part.expression];
    case 'if':
      return [part.condition, part.whenTrue, ...(part.whenFalse ? [part.whenFalse] : [])];
    case 'for':
      return [part.collection, part.body];
  }
}

/** The plain names that an expression goes through, from a root name on. */
function chainOf(expression: Expression): { root: string; path: string[] } | undefined {
  if (expression.kind === 'variable') return { root: expression.name, path: [] };
  if (expression.kind === 'parentheses') return chainOf(expression.inner);
  if (expression.kind === 'attribute') {
    const before = chainOf(expression.target);
    return before && { ...before, path: [...before.path, expression.name.text] };
  }
  if (expression.kind !== 'index') return undefined;
  const before = chainOf(expression.target);
  const name = literalText(expression.key);
  return before && name !== undefined ? { ...before, path: [...before.path, name] } : undefined;
}

function literalText(key: Expression): string | undefined {
  if (key.kind === 'literal') return typeof key.value === 'string' ? key.value : undefined;
  const [only] = key.kind === 'template' ? key.parts : [];
  return key.kind === 'template' && key.parts.length === 1 && only?.kind === 'text' ? only.text : undefined;
}

/** All references in an expression, each with the longest plain path. */
export function referencesIn(expression: Expression): Reference[] {
  const found: Reference[] = [];
  const inside = new Set<Expression>();
  walk(expression, one => {
    if (inside.has(one)) {
      markTarget(one, inside);
      return;
    }
    const chain = chainOf(one);
    if (!chain) return;
    found.push({ ...chain, expression: one });
    markTarget(one, inside);
  });
  return found;
}

function markTarget(expression: Expression, inside: Set<Expression>): void {
  if (expression.kind === 'attribute' || expression.kind === 'index') inside.add(expression.target);
  if (expression.kind === 'parentheses') inside.add(expression.inner);
}

/** Every expression that stands directly in a body or in a block inside it. */
export function expressionsOf(body: Body): Expression[] {
  const { attributes, blocks } = openContent(body, undefined);
  return [...attributes.map(attribute => attribute.expression), ...blocks.flatMap(block => expressionsOf(block.body))];
}

/** The functions called anywhere in the expressions. */
export function calledFunctions(expressions: readonly Expression[]): Set<string> {
  const names = new Set<string>();
  for (const expression of expressions) {
    walk(expression, one => {
      if (one.kind === 'call') names.add(one.name.text);
    });
  }
  return names;
}
