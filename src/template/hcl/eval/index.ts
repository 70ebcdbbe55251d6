import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { Span } from '../../../sdk/source.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import type { ConditionalExpression, Expression, ObjectExpression, VariableExpression } from '../syntax/ast.ts';
import { ConversionError, convert, withArticle } from '../values/convert.ts';
import { BOOL, describeType, STRING, type Type } from '../values/types.ts';
import { unifyTypes } from '../values/unify.ts';
import { bool, NULL, numberFromText, object, string, tuple, UNKNOWN, unknown, type Value } from '../values/value.ts';
import { attributeOf, elementOf } from './access.ts';
import { callFunction } from './calls.ts';
import { evaluateFor, evaluateSplat } from './iteration.ts';
import { binary, unary } from './operators.ts';
import type { Scope } from './scope.ts';
import { evaluateTemplate } from './template.ts';

export type { Root, Scope } from './scope.ts';

interface Advice {
  readonly hint?: string;
  readonly notes?: NonNullable<Diagnostic['notes']>;
}

/** No template comes near it, and more would take seconds, or all of the memory. */
const MOST_ELEMENTS = 250_000;

/** Evaluates expressions in one scope. Whatever goes wrong is pushed to `diagnostics` and gives an unknown value. */
export class Evaluator {
  readonly scope: Scope;
  readonly diagnostics: Diagnostic[];
  /** What `splat-item` stands for just now. */
  readonly item: Value | undefined;
  /** How many elements all `for` of the expression have gone over. */
  private readonly effort: { elements: number };

  constructor(scope: Scope, diagnostics: Diagnostic[], item?: Value, effort = { elements: 0 }) {
    this.scope = scope;
    this.diagnostics = diagnostics;
    this.item = item;
    this.effort = effort;
  }

  /** The same evaluator in another scope, or with another splat item. */
  in(scope: Scope, item = this.item): Evaluator {
    return new Evaluator(scope, this.diagnostics, item, this.effort);
  }

  /** The same evaluator with another place for complaints. */
  reportingTo(diagnostics: Diagnostic[]): Evaluator {
    return new Evaluator(this.scope, diagnostics, this.item, this.effort);
  }

  /** Counts elements to go over; false, after one complaint, when there are too many of them. */
  mayGoOver(count: number, span: Span): boolean {
    const before = this.effort.elements;
    this.effort.elements += count;
    if (this.effort.elements <= MOST_ELEMENTS) return true;
    if (before <= MOST_ELEMENTS)
      this.fail(span, 'too-many-elements', `this expression goes over more than ${MOST_ELEMENTS} elements`, {
        hint: 'check what the loops around it go over',
      });
    return false;
  }

  fail(span: Span, code: string, message: string, advice: Advice = {}): Value {
    this.diagnostics.push(errorAt(span, code, message, advice));
    return UNKNOWN;
  }

  /** The value as another type; a failure is reported at the expression. */
  convert(value: Value, type: Type, expression: Expression, what = ''): Value {
    try {
      return convert(value, type);
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      return this.fail(placeOf(expression, error.path), 'wrong-type', `${what}${what && ': '}${error.message}`);
    }
  }

  evaluate(expression: Expression): Value {
    switch (expression.kind) {
      case 'number':
        return (
          numberFromText(expression.text) ??
          this.fail(
            expression.span,
            'number-too-large',
            `the number ${expression.text} is too large or too exact to calculate with`,
          )
        );
      case 'literal':
        if (expression.value === null) return NULL;
        return typeof expression.value === 'boolean' ? bool(expression.value) : string(expression.value);
      case 'template':
        return evaluateTemplate(this, expression);
      case 'variable':
        return this.variable(expression);
      case 'attribute':
        return attributeOf(this, expression);
      case 'index':
        return elementOf(this, expression);
      case 'splat':
        return evaluateSplat(this, expression);
      case 'splat-item':
        return this.item ?? UNKNOWN;
      case 'call':
        return callFunction(this, expression);
      case 'conditional':
        return this.conditional(expression);
      case 'binary':
        return binary(this, expression);
      case 'unary':
        return unary(this, expression);
      case 'parentheses':
        return this.evaluate(expression.inner);
      case 'tuple':
        return tuple(expression.items.map(item => this.evaluate(item)));
      case 'object':
        return this.object(expression);
      case 'for':
        return evaluateFor(this, expression);
    }
  }

  /** A value that must be true or false; undefined when it is unknown or wrong. */
  condition(expression: Expression, what: string): boolean | undefined {
    const value = this.convert(this.evaluate(expression), BOOL, expression, what);
    if (value.kind === 'null') this.fail(expression.span, 'null-value', `${what}: true or false is required, not null`);
    return value.kind === 'bool' ? value.flag : undefined;
  }

  private variable(expression: VariableExpression): Value {
    const root = this.scope.roots.get(expression.name);
    if (root) return root.value;
    const { restriction, elsewhere, functions } = this.scope;
    const name = expression.name;
    if (restriction !== undefined) {
      return this.fail(expression.span, 'reference-not-allowed', `"${name}" cannot be used here: ${restriction}`, {
        hint: `write "${name}" in double quotes if it is text`,
      });
    }
    const place = elsewhere?.[name];
    if (place !== undefined)
      return this.fail(expression.span, 'reference-not-allowed', `"${name}" exists only ${place}`);
    if (functions.get(name))
      return this.fail(expression.span, 'unknown-name', `"${name}" is a function; its arguments are missing`, {
        hint: `write ${name}(...)`,
      });
    const near = didYouMean(name, this.scope.roots.keys());
    const hint = near.hint ?? `write "${name}" in double quotes if it is text; for a variable write var.${name}`;
    return this.fail(expression.span, 'unknown-name', `there is nothing named "${name}"`, { hint });
  }

  private conditional(expression: ConditionalExpression): Value {
    const whenTrue = this.aside(expression.whenTrue);
    const whenFalse = this.aside(expression.whenFalse);
    const chosen = this.condition(expression.condition, 'the condition before "?"');
    const [a, b] = [whenTrue.value, whenFalse.value];
    const type = commonType(a, b);
    if (!type && whenTrue.problems.length === 0 && whenFalse.problems.length === 0) {
      return this.fail(
        expression.span,
        'inconsistent-types',
        `the two results of a conditional must have one type: here ${withArticle(describeType(a.type))} and ${withArticle(describeType(b.type))}`,
      );
    }
    if (chosen === undefined) return type ? unknown(type) : UNKNOWN;
    const branch = chosen ? whenTrue : whenFalse;
    this.diagnostics.push(...branch.problems);
    const source = chosen ? expression.whenTrue : expression.whenFalse;
    return type && branch.problems.length === 0 ? this.convert(branch.value, type, source) : branch.value;
  }

  /** Evaluates without reporting yet: only the chosen branch of a conditional may complain. */
  private aside(expression: Expression): { value: Value; problems: Diagnostic[] } {
    const problems: Diagnostic[] = [];
    return { value: this.reportingTo(problems).evaluate(expression), problems };
  }

  private object(expression: ObjectExpression): Value {
    const entries = new Map<string, Value>();
    let known = true;
    for (const { key, value } of expression.items) {
      const name = this.convert(this.evaluate(key), STRING, key, 'the key of an object');
      const item = this.evaluate(value);
      if (name.kind === 'null') this.fail(key.span, 'null-value', 'the key of an object cannot be null');
      if (name.kind === 'string') entries.set(name.text, item);
      else known = false;
    }
    return known ? object(entries) : UNKNOWN;
  }
}

function commonType(a: Value, b: Value): Type | undefined {
  if (a.kind === 'null' && a.type.kind === 'dynamic') return b.type;
  if (b.kind === 'null' && b.type.kind === 'dynamic') return a.type;
  return unifyTypes([a.type, b.type]);
}

/** The most exact place of a part of a value: list items and object members as written, else the whole expression. */
export function placeOf(expression: Expression, path: readonly (string | number)[]): Span {
  let at = expression;
  for (const step of path) {
    while (at.kind === 'parentheses') at = at.inner;
    if (at.kind === 'tuple' && typeof step === 'number') at = at.items[step] ?? at;
    else if (at.kind === 'object') {
      const item = at.items.find(one => one.key.kind === 'literal' && one.key.value === step);
      if (!item) break;
      at = item.value;
    } else break;
  }
  return at.span;
}

/** Evaluates one expression. */
export function evaluate(expression: Expression, scope: Scope, diagnostics: Diagnostic[]): Value {
  return new Evaluator(scope, diagnostics).evaluate(expression);
}
