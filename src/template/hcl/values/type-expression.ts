import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { Span } from '../../../sdk/source.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import type { CallExpression, Expression } from '../syntax/ast.ts';
import { ConversionError, convert } from './convert.ts';
import type { Defaults } from './defaults.ts';
import { BOOL, DYNAMIC, listOf, mapOf, NUMBER, objectOf, STRING, setOf, type Type, tupleOf } from './types.ts';
import type { Value } from './value.ts';

/** What `type = ...` of a variable says: the type, and what optional attributes are when they are left out. */
export interface Constraint {
  readonly type: Type;
  readonly defaults: Defaults | undefined;
}

const SIMPLE: Readonly<Record<string, Type>> = { string: STRING, number: NUMBER, bool: BOOL, any: DYNAMIC };
const COLLECTIONS: Readonly<Record<string, (element: Type) => Type>> = { list: listOf, set: setOf, map: mapOf };
const WORDS = [...Object.keys(SIMPLE), ...Object.keys(COLLECTIONS), 'tuple', 'object'];

/** Evaluates a constant; given by the caller, since defaults of optional attributes are expressions. */
export type ConstantReader = (expression: Expression) => Value;

/** Reads a type expression; what is wrong with it is pushed and stands as "any". */
export function readType(expression: Expression, constant: ConstantReader, diagnostics: Diagnostic[]): Constraint {
  const reader = new TypeReader(constant, diagnostics);
  return reader.read(expression);
}

class TypeReader {
  private readonly constant: ConstantReader;
  private readonly diagnostics: Diagnostic[];

  constructor(constant: ConstantReader, diagnostics: Diagnostic[]) {
    this.constant = constant;
    this.diagnostics = diagnostics;
  }

  read(expression: Expression): Constraint {
    switch (expression.kind) {
      case 'variable':
        return this.word(expression.name, expression.span);
      case 'call':
        return this.constructed(expression);
      case 'parentheses':
        return this.read(expression.inner);
      case 'template':
      case 'literal': {
        const text = plainText(expression);
        if (text !== undefined) {
          return this.wrong(
            expression.span,
            'a type stands without quotes',
            WORDS.includes(text) ? `write ${text}` : 'write string, number, bool, any, list(...), map(...) ...',
          );
        }
      }
    }
    return this.wrong(
      expression.span,
      'this is not a type',
      'write string, number, bool, any, list(T), set(T), map(T), tuple([T, ...]) or object({name = T, ...})',
    );
  }

  private wrong(span: Span, message: string, hint: string | undefined): Constraint {
    this.diagnostics.push(errorAt(span, 'invalid-type', message, hint === undefined ? {} : { hint }));
    return { type: DYNAMIC, defaults: undefined };
  }

  private word(name: string, span: Span): Constraint {
    const type = SIMPLE[name];
    if (type) return { type, defaults: undefined };
    if (name in COLLECTIONS)
      return this.wrong(span, `"${name}" needs the type of its elements`, `write ${name}(string), or ${name}(any)`);
    if (name === 'tuple')
      return this.wrong(span, '"tuple" needs the types of its elements', 'write tuple([string, number])');
    if (name === 'object') return this.wrong(span, '"object" needs its attributes', 'write object({name = string})');
    return this.wrong(span, `there is no type "${name}"`, didYouMean(name, WORDS).hint);
  }

  private constructed(call: CallExpression): Constraint {
    const { text } = call.name;
    const [argument] = call.args;
    if (text === 'optional')
      return this.wrong(call.span, 'optional(...) stands only for an attribute inside object({...})', undefined);
    if (text in SIMPLE) return this.wrong(call.span, `the type ${text} takes no arguments`, `write ${text}`);
    const collection = COLLECTIONS[text];
    if (!collection && text !== 'tuple' && text !== 'object') return this.word(text, call.name.span);
    if (!argument || call.args.length !== 1) {
      return this.wrong(call.span, `${text}(...) takes one argument, not ${call.args.length}`, undefined);
    }
    if (text === 'tuple') return this.tuple(argument);
    if (text === 'object') return this.object(argument);
    const element = this.read(argument);
    return {
      type: collection ? collection(element.type) : DYNAMIC,
      defaults: element.defaults && { values: new Map(), children: new Map([['', element.defaults]]) },
    };
  }

  private tuple(argument: Expression): Constraint {
    if (argument.kind !== 'tuple')
      return this.wrong(argument.span, 'tuple(...) takes a list of types', 'write tuple([string, number])');
    const elements = argument.items.map(item => this.read(item));
    const children = new Map<string, Defaults>();
    elements.forEach((one, index) => {
      if (one.defaults) children.set(String(index), one.defaults);
    });
    const defaults = children.size > 0 ? { values: new Map<string, Value>(), children } : undefined;
    return { type: tupleOf(elements.map(one => one.type)), defaults };
  }

  private object(argument: Expression): Constraint {
    if (argument.kind !== 'object')
      return this.wrong(argument.span, 'object(...) takes attributes and their types', 'write object({name = string})');
    const attributes: [string, Type][] = [];
    const optional = new Set<string>();
    const values = new Map<string, Value>();
    const children = new Map<string, Defaults>();
    for (const { key, value } of argument.items) {
      const name = plainText(key);
      if (name === undefined) {
        this.wrong(key.span, 'attributes of an object type have plain names', undefined);
        continue;
      }
      const marked = value.kind === 'call' && value.name.text === 'optional' ? value : undefined;
      const [inner, fallback] = marked ? marked.args : [value];
      if (!inner || (marked && marked.args.length > 2)) {
        this.wrong(
          value.span,
          'optional(...) takes a type and perhaps a default',
          'write optional(string) or optional(string, "x")',
        );
        continue;
      }
      const one = this.read(inner);
      attributes.push([name, one.type]);
      if (marked) optional.add(name);
      if (one.defaults) children.set(name, one.defaults);
      const read = fallback && this.fallback(fallback, one.type);
      if (read) values.set(name, read);
    }
    const defaults = values.size > 0 || children.size > 0 ? { values, children } : undefined;
    return { type: objectOf(attributes, optional), defaults };
  }

  private fallback(expression: Expression, type: Type): Value | undefined {
    const value = this.constant(expression);
    try {
      return value.kind === 'unknown' ? undefined : convert(value, type);
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      this.wrong(expression.span, `the default does not fit the type: ${error.message}`, undefined);
      return undefined;
    }
  }
}

/** The text of a literal without anything inserted. */
export function plainText(expression: Expression): string | undefined {
  if (expression.kind === 'literal') return typeof expression.value === 'string' ? expression.value : undefined;
  if (expression.kind === 'template' && expression.parts.every(part => part.kind === 'text')) {
    return expression.parts.map(part => (part.kind === 'text' ? part.text : '')).join('');
  }
  return undefined;
}
