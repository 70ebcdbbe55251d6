import { RenderError } from '../model.ts';
import type { Chain, Command, NumberLiteral, Operand, ParsedTemplate, Pipeline, Place } from './ast.ts';
import { CallFault, shorten } from './faults.ts';
import { type CallContext, findFunction, type ParameterKind, type TemplateFunction } from './functions.ts';
import { fieldWithArguments } from './near-misses.ts';
import { isTrue, MapValue, typeName, type Value } from './values.ts';

/** A variable on the stack; inner ones hide outer ones of the same name. */
interface Slot {
  readonly name: string;
  value: Value;
}

/** A complaint of the engine about a place. */
export function faultAt(place: Place, message: string, hint?: string): RenderError {
  return new RenderError(message, place.start, place.end, hint);
}

/** Runs `body`; what a function or a limit refuses in it becomes a RenderError about `place`. */
export function blaming<T>(place: Place, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof CallFault) throw faultAt(place, error.message, error.hint);
    throw error;
  }
}

/** Evaluates the expressions of one template's execution, and keeps its variables. */
export class Evaluator {
  readonly #template: ParsedTemplate;
  readonly #context: CallContext;
  /** What `$` is. */
  readonly #root: Value;
  readonly #stack: Slot[] = [];

  constructor(template: ParsedTemplate, context: CallContext, root: Value) {
    this.#template = template;
    this.#context = context;
    this.#root = root;
  }

  /** How many variables there are now; `forget` goes back to that many. */
  get mark(): number {
    return this.#stack.length;
  }

  forget(mark: number): void {
    this.#stack.length = mark;
  }

  /** Sets the loop variables, which the pipeline of the range has declared below `mark`. */
  bind(pipeline: Pipeline, mark: number, values: readonly Value[]): void {
    for (const [index, name] of pipeline.targets.entries()) {
      const slot = pipeline.assigns ? this.#slot(name, pipeline) : this.#stack[mark - pipeline.targets.length + index];
      if (slot) slot.value = values[index];
    }
  }

  /** The value of a pipeline; declares or assigns its variables. */
  pipeline(pipeline: Pipeline, dot: Value): Value {
    let value: Value;
    let piped = false;
    for (const command of pipeline.commands) {
      value = this.#command(command, dot, piped ? [value] : []);
      piped = true;
    }
    for (const name of pipeline.targets) {
      if (pipeline.assigns) this.#slot(name, pipeline).value = value;
      else this.#stack.push({ name, value });
    }
    return value;
  }

  #slot(name: string, place: Place): Slot {
    for (let index = this.#stack.length - 1; index >= 0; index--) {
      const slot = this.#stack[index];
      if (slot?.name === name) return slot;
      blaming(place, () => this.#context.budget.step());
    }
    throw faultAt(place, `the variable ${name} is not declared here`, `declare it first: {{ ${name} := ... }}`);
  }

  /** `final`: the value from the left of the |, if any. */
  #command(command: Command, dot: Value, final: readonly Value[]): Value {
    const { head } = command;
    if (head.kind === 'function') return this.#function(command, head.name, dot, final);
    if (command.args.length > 0 || final.length > 0) {
      const shown = shorten(this.#template.text.slice(head.start, head.end));
      const hint =
        head.kind === 'field' || head.kind === 'chain' || head.kind === 'variable'
          ? fieldWithArguments(shown)
          : undefined;
      throw faultAt(head, `${shown} is no function and takes no arguments`, hint);
    }
    if (head.kind === 'nil') throw faultAt(head, 'nil cannot stand alone');
    return this.#operand(head, dot);
  }

  #operand(operand: Operand, dot: Value): Value {
    switch (operand.kind) {
      case 'string':
      case 'bool':
        return operand.value;
      case 'number':
        return this.#number(operand);
      case 'nil':
        return undefined;
      case 'dot':
        return dot;
      case 'field':
        return this.#fields(dot, operand.names, operand);
      case 'variable': {
        const value = operand.name === '$' ? this.#root : this.#slot(operand.name, operand).value;
        return this.#fields(value, operand.names, operand);
      }
      case 'chain':
        return this.#chain(operand, dot);
      case 'pipeline':
        return this.pipeline(operand, dot);
      case 'function':
        return this.#function(
          { start: operand.start, end: operand.end, head: operand, args: [] },
          operand.name,
          dot,
          [],
        );
    }
  }

  #chain(chain: Chain, dot: Value): Value {
    const { base, names } = chain;
    if (base.kind === 'function' && findFunction(base.name, this.#context.scope)?.params.length === 1)
      throw faultAt(
        chain,
        `${base.name} has no fields`,
        `its argument follows after a space: {{ ${base.name} \`${names.join('.')}\` }}`,
      );
    return this.#fields(this.#operand(base, dot), names, chain);
  }

  /** Follows `.A.B`; a missing key gives no value, and so does everything below it. */
  #fields(from: Value, names: readonly string[], place: Place): Value {
    let value = from;
    for (const name of names) {
      if (value === undefined) return undefined;
      if (!(value instanceof MapValue))
        throw faultAt(place, `there is no field ${name} in a value of type ${typeName(value)}`);
      value = value.get(name);
    }
    return value;
  }

  /** A number whose kind is decided by how it is written. */
  #number(literal: NumberLiteral): Value {
    if (literal.complex) return literal.complex;
    const { text } = literal;
    const hexInt = /^0[xX]/.test(text) && !/[pP]/.test(text);
    if (literal.float !== undefined && !hexInt && !text.startsWith("'") && /[.eEpP]/.test(text)) return literal.float;
    if (literal.int === undefined) throw faultAt(literal, `${text} does not fit into an int of 64 bits`);
    return literal.int;
  }

  #function(command: Command, name: string, dot: Value, final: readonly Value[]): Value {
    const { scope, budget } = this.#context;
    const found = findFunction(name, scope);
    if (!found) throw faultAt(command.head, `the function "${name}" is not defined`);
    this.#checkCount(command, name, found, final.length);
    if (name === 'and' || name === 'or') return this.#shortCircuit(command, name, dot, final);
    const args = command.args.map((arg, index) => this.#argument(arg, kindOf(found, index), dot, command));
    for (const value of final) args.push(this.#checked(value, kindOf(found, args.length), command));
    return blaming(command, () => {
      budget.step();
      for (const arg of args) if (typeof arg === 'string') budget.handle(arg.length);
      const value = found.call(args, this.#context);
      if (typeof value === 'string') budget.handle(value.length);
      return value;
    });
  }

  #checkCount(command: Command, name: string, found: TemplateFunction, piped: number): void {
    const got = command.args.length + piped;
    const least = found.params.length;
    if (got >= least && (found.rest || got === least)) return;
    const want = found.rest ? `at least ${least}` : `${least}`;
    const hint = piped > 0 ? 'the value on the left of | counts as the last argument' : undefined;
    throw faultAt(command, `wrong number of arguments for ${name}: want ${want}, got ${got}`, hint);
  }

  #shortCircuit(command: Command, name: 'and' | 'or', dot: Value, final: readonly Value[]): Value {
    let value: Value;
    for (const arg of command.args) {
      value = this.#operand(arg, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final.length > 0 ? final[0] : value;
  }

  /** An argument of a call; literals must be of the wanted kind as written. */
  #argument(arg: Operand, kind: ParameterKind, dot: Value, command: Command): Value {
    const shown = (): string => shorten(this.#template.text.slice(arg.start, arg.end));
    if (arg.kind === 'nil' && kind !== 'any') throw faultAt(arg, `nil cannot be a ${kind}`);
    if (arg.kind === 'number' && kind === 'int') {
      if (arg.int !== undefined) return arg.int;
      throw faultAt(arg, `expected a whole number, found ${shown()}`);
    }
    const literal = arg.kind === 'number' || arg.kind === 'bool';
    if (literal && kind !== 'any') {
      const wanted = kind === 'int' ? 'a whole number' : 'a string';
      const hint = kind === 'string' ? `quote it: \`${shown().replace(/^'(.*)'$/, '$1')}\`` : undefined;
      throw faultAt(arg, `expected ${wanted}, found ${shown()}`, hint);
    }
    if (arg.kind === 'string' && kind === 'int')
      throw faultAt(arg, `expected a whole number, found ${shown()}`, 'write it without quotes');
    return this.#checked(this.#operand(arg, dot), kind, arg, command);
  }

  /** A computed value must be of the wanted kind already; nothing is converted. */
  #checked(value: Value, kind: ParameterKind, place: Place, command?: Command): Value {
    if (
      kind === 'any' ||
      (kind === 'string' && typeof value === 'string') ||
      (kind === 'int' && typeof value === 'bigint')
    )
      return value;
    const wanted = kind === 'int' ? 'a whole number' : 'a string';
    if (value === undefined) throw faultAt(place, `expected ${wanted}, but there is no value here`);
    const head = command?.head.kind === 'function' ? command.head.name : '';
    const hint = kind === 'string' && head !== '' ? 'print makes a string of it: (print ...)' : undefined;
    throw faultAt(place, `expected ${wanted}, got a value of type ${typeName(value)}`, hint);
  }
}

function kindOf(found: TemplateFunction, index: number): ParameterKind {
  return found.params[index] ?? found.rest ?? 'any';
}
