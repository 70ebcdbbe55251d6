import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import { Evaluator, type Scope } from '../eval/index.ts';
import { elementsOf } from '../eval/iteration.ts';
import { withName } from '../eval/scope.ts';
import type { Attribute, Block, Name } from '../syntax/ast.ts';
import { listOf, STRING } from '../values/types.ts';
import { object, UNKNOWN, type Value } from '../values/value.ts';
import { readBody } from './content.ts';

/** A block with the names its expressions may use: those of its surroundings and, from a dynamic block, its iterator. */
export interface ScopedBlock {
  readonly block: Block;
  readonly scope: Scope;
}

const SCHEMA = { attributes: ['for_each', 'iterator', 'labels'], blocks: { content: [] } };

/** The blocks with every `dynamic "type" { for_each, content }` replaced by the blocks it stands for. */
export function expandBlocks(blocks: readonly Block[], scope: Scope, diagnostics: Diagnostic[]): ScopedBlock[] {
  return blocks.flatMap(block => (block.type === 'dynamic' ? expand(block, scope, diagnostics) : [{ block, scope }]));
}

function expand(block: Block, scope: Scope, diagnostics: Diagnostic[]): ScopedBlock[] {
  const [type, extra] = block.labels;
  if (!type || extra) {
    diagnostics.push(
      errorAt(block.headerSpan, 'missing-label', 'a dynamic block has one label, the type of the blocks it makes', {
        hint: 'write dynamic "TYPE" { ... }',
      }),
    );
    return [];
  }
  const { attributes, blocks } = readBody(block.body, SCHEMA, 'a dynamic block', diagnostics);
  const forEach = attributes.get('for_each');
  const [content, second] = blocks;
  if (!forEach || !content || second) {
    const what = forEach ? (second ? 'has two "content" blocks' : 'has no "content" block') : 'has no "for_each"';
    diagnostics.push(
      errorAt(block.headerSpan, 'incomplete-dynamic', `this dynamic block ${what}`, {
        hint: `write dynamic "${type.text}" { for_each = [...] and one content { ... } }`,
      }),
    );
    return [];
  }
  const name = iteratorName(attributes.get('iterator'), type.text, diagnostics);
  const evaluator = new Evaluator(scope, diagnostics);
  const before = diagnostics.length;
  const elements = elementsOf(evaluator, forEach.expression, '"for_each"');
  if (!elements && diagnostics.length > before) return [];
  return (elements ?? [[UNKNOWN, UNKNOWN] as const]).flatMap(([key, value]) => {
    const inner = withName(scope, [
      [
        name,
        object([
          ['key', key],
          ['value', value],
        ]),
      ],
    ]);
    const labels = readLabels(attributes.get('labels'), inner, diagnostics);
    const made: Block = { ...content, type: type.text, typeSpan: type.span, labels, headerSpan: block.headerSpan };
    return expandBlocks([made], inner, diagnostics);
  });
}

function iteratorName(attribute: Attribute | undefined, fallback: string, diagnostics: Diagnostic[]): string {
  if (!attribute) return fallback;
  const { expression } = attribute;
  if (expression.kind === 'variable') return expression.name;
  if (expression.kind === 'literal' && typeof expression.value === 'string') return expression.value;
  diagnostics.push(
    errorAt(expression.span, 'invalid-iterator', '"iterator" is a bare name', {
      hint: 'write iterator = NAME, without quotes',
    }),
  );
  return fallback;
}

function readLabels(attribute: Attribute | undefined, scope: Scope, diagnostics: Diagnostic[]): readonly Name[] {
  if (!attribute) return [];
  const evaluator = new Evaluator(scope, diagnostics);
  const value: Value = evaluator.convert(
    evaluator.evaluate(attribute.expression),
    listOf(STRING),
    attribute.expression,
    '"labels"',
  );
  const items = value.kind === 'sequence' ? value.items : [];
  return items.flatMap(item => (item.kind === 'string' ? [{ text: item.text, span: attribute.expression.span }] : []));
}
