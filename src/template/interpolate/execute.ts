import {
  type BranchNode,
  type Node,
  type ParsedTemplate,
  type Pipeline,
  type Place,
  ROOT_NAME,
  type TemplateNode,
} from './ast.ts';
import { wellFormed } from './bytes.ts';
import { blaming, Evaluator, faultAt } from './evaluate.ts';
import { shorten } from './faults.ts';
import { formatPlain } from './format/printf.ts';
import type { CallContext } from './functions.ts';
import { LIMITS, TextBuilder } from './limits.ts';
import { isTrue, ListValue, MapValue, typeName, type Value } from './values.ts';

type Jump = 'break' | 'continue' | undefined;

/**
 * Executes a parsed text with `data` as its dot. Throws a RenderError with the place of the offence, or whatever a
 * function throws besides CallFault (PendingLookup).
 */
export function execute(template: ParsedTemplate, data: Value, context: CallContext): string {
  const out = new TextBuilder();
  const body = template.definitions.get(ROOT_NAME) ?? [];
  new Execution(template, context, out, data, 0).run(body, data);
  return wellFormed(out.toString());
}

class Execution {
  readonly #template: ParsedTemplate;
  readonly #context: CallContext;
  readonly #out: TextBuilder;
  readonly #evaluator: Evaluator;
  readonly #depth: number;

  constructor(template: ParsedTemplate, context: CallContext, out: TextBuilder, root: Value, depth: number) {
    this.#template = template;
    this.#context = context;
    this.#out = out;
    this.#evaluator = new Evaluator(template, context, root);
    this.#depth = depth;
  }

  run(nodes: readonly Node[], dot: Value): Jump {
    for (const node of nodes) {
      const jump = this.#node(node, dot);
      if (jump) return jump;
    }
    return undefined;
  }

  #node(node: Node, dot: Value): Jump {
    blaming(node, () => this.#context.budget.step());
    switch (node.kind) {
      case 'text':
        this.#write(node, node.text);
        return undefined;
      case 'action': {
        const value = this.#evaluator.pipeline(node.pipeline, dot);
        if (node.pipeline.targets.length === 0) this.#write(node, this.#printed(node, value));
        return undefined;
      }
      case 'break':
      case 'continue':
        return node.kind;
      case 'template':
        this.#call(node, dot);
        return undefined;
      case 'range':
        return this.#scoped(() => this.#range(node, dot));
      default:
        return this.#scoped(() => {
          const value = this.#evaluator.pipeline(node.pipeline, dot);
          if (!isTrue(value)) return this.run(node.otherwise, dot);
          return this.run(node.body, node.kind === 'with' ? value : dot);
        });
    }
  }

  #printed(place: Place, value: Value): string {
    return value === undefined ? '<no value>' : blaming(place, () => formatPlain(value, this.#context.budget));
  }

  #write(place: Place, text: string): void {
    blaming(place, () => this.#out.add(text));
  }

  #scoped<T>(body: () => T): T {
    const { mark } = this.#evaluator;
    const result = body();
    this.#evaluator.forget(mark);
    return result;
  }

  #range(node: BranchNode, dot: Value): Jump {
    const { pipeline } = node;
    const value = this.#evaluator.pipeline(pipeline, dot);
    const { mark } = this.#evaluator;
    let ran = false;
    for (const [key, element] of this.#elements(pipeline, value)) {
      ran = true;
      blaming(pipeline, () => this.#context.budget.step());
      // With two loop variables the first is the index; with one it is the element.
      this.#evaluator.bind(pipeline, mark, pipeline.targets.length > 1 ? [key, element] : [element]);
      const jump = this.run(node.body, element);
      this.#evaluator.forget(mark);
      if (jump === 'break') break;
    }
    return ran ? undefined : this.run(node.otherwise, dot);
  }

  *#elements(pipeline: Pipeline, value: Value): Generator<readonly [Value, Value]> {
    if (value instanceof ListValue) {
      for (const [index, item] of value.items.entries()) yield [BigInt(index), item];
    } else if (value instanceof MapValue) {
      for (const key of value.keys()) yield [key, value.get(key)];
    } else if (typeof value === 'bigint') {
      if (pipeline.targets.length > 1) throw faultAt(pipeline, 'a range over a number has only one variable');
      for (let index = 0n; index < value; index++) yield [undefined, index];
    } else if (value !== undefined) {
      const hint = 'range takes a list, a map or a whole number';
      throw faultAt(pipeline, `range cannot walk over ${typeName(value)}`, hint);
    }
  }

  #call(node: TemplateNode, dot: Value): void {
    const body = this.#template.definitions.get(node.name);
    if (!body) {
      const known = [...this.#template.definitions.keys()].filter(name => name !== ROOT_NAME);
      const hint =
        known.length > 0 ? `defined here: ${known.join(', ')}` : `define it: {{ define "${node.name}" }}...{{ end }}`;
      throw faultAt(node, `the template "${shorten(node.name)}" is not defined`, hint);
    }
    if (this.#depth >= LIMITS.templateDepth)
      throw faultAt(node, `templates call one another more than ${LIMITS.templateDepth} deep`, 'does one call itself?');
    const data = node.pipeline ? this.#evaluator.pipeline(node.pipeline, dot) : undefined;
    new Execution(this.#template, this.#context, this.#out, data, this.#depth + 1).run(body, data);
  }
}
