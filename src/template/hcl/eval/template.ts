import type { Expression, TemplateExpression, TemplatePart } from '../syntax/ast.ts';
import { describeType, STRING } from '../values/types.ts';
import { string, unknown, type Value } from '../values/value.ts';
import type { Evaluator } from './index.ts';
import { elementsOf } from './iteration.ts';
import { withName } from './scope.ts';

/** Longest text a template may give; a loop in a template can multiply its input. */
const LARGEST = 64 * 1024 * 1024;

/** A template's text; one that is a single interpolation gives that value as it is. */
export function evaluateTemplate(evaluator: Evaluator, expression: TemplateExpression): Value {
  const [only] = expression.parts;
  if (only?.kind === 'interpolation' && expression.parts.length === 1) return evaluator.evaluate(only.expression);
  const text = render(evaluator, expression);
  return text === undefined ? unknown(STRING) : string(text);
}

/** The joined text; undefined when a part of it is unknown. Every part is evaluated, for its complaints. */
function render(evaluator: Evaluator, template: TemplateExpression): string | undefined {
  let text: string | undefined = '';
  for (const part of template.parts) {
    const piece = renderPart(evaluator, part);
    text = text === undefined || piece === undefined ? undefined : text + piece;
    if (text !== undefined && text.length > LARGEST) {
      evaluator.fail(template.span, 'text-too-long', 'the text becomes longer than 64 MiB');
      return undefined;
    }
  }
  return text;
}

function renderPart(evaluator: Evaluator, part: TemplatePart): string | undefined {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'interpolation':
      return insert(evaluator, part.expression);
    case 'if': {
      const chosen = evaluator.condition(part.condition, 'the condition of %{ if }');
      if (chosen === undefined) return undefined;
      const branch = chosen ? part.whenTrue : part.whenFalse;
      return branch ? render(evaluator, branch) : '';
    }
    case 'for': {
      const elements = elementsOf(evaluator, part.collection, '%{ for }');
      if (!elements) return undefined;
      let text: string | undefined = '';
      for (const [key, value] of elements) {
        const names: [string, Value][] = part.keyName ? [[part.keyName.text, key]] : [];
        const piece = render(
          evaluator.in(withName(evaluator.scope, [...names, [part.valueName.text, value]])),
          part.body,
        );
        text = text === undefined || piece === undefined ? undefined : text + piece;
        if (text !== undefined && text.length > LARGEST) return undefined;
      }
      return text;
    }
  }
}

function insert(evaluator: Evaluator, expression: Expression): string | undefined {
  const value = evaluator.evaluate(expression);
  if (value.kind === 'null') {
    evaluator.fail(expression.span, 'null-value', 'null cannot be inserted into text', {
      hint: 'write coalesce(..., "") for an empty text instead',
    });
    return undefined;
  }
  if (value.kind === 'sequence' || value.kind === 'mapping') {
    evaluator.fail(expression.span, 'wrong-type', `a ${describeType(value.type)} cannot be inserted into text`, {
      hint:
        value.kind === 'sequence'
          ? 'write join(",", ...) or jsonencode(...)'
          : 'write jsonencode(...), or name an attribute of it',
    });
    return undefined;
  }
  const text = evaluator.convert(value, STRING, expression);
  return text.kind === 'string' ? text.text : undefined;
}
