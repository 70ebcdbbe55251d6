import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import type { StringNode } from '../../sdk/node.ts';
import type { ParsedTemplate } from '../interpolate/ast.ts';
import { assertFunctions, hasActions, renderParsed } from '../interpolate/engine.ts';
import type { EngineEnv, OutsideWorld } from '../interpolate/functions.ts';
import { Budget } from '../interpolate/limits.ts';
import { spanInside } from '../interpolate/locate.ts';
import { PendingLookup } from '../interpolate/lookups.ts';
import { parseTemplate } from '../interpolate/parser.ts';
import { referencesOf } from '../interpolate/references.ts';
import { RenderError, type RenderScope } from '../model.ts';

/** Thrown by `user` for a variable that has no value yet. */
class NeedsVariable extends Error {
  readonly variable: string;

  constructor(variable: string) {
    super(`needs the variable ${variable}`);
    this.name = 'NeedsVariable';
    this.variable = variable;
  }
}

/** No build is known while variables are rendered. */
const SCOPE: RenderScope = { phase: 'prepare-builder' };

/** Renders variables until all that can have a value have one. */
export class VariableRounds {
  readonly values = new Map<string, string>();
  readonly diagnostics: Diagnostic[] = [];
  /** Variables without a value, and the name each waits for: an undefined one, or another of these. */
  readonly waiting = new Map<string, string>();
  /** Variables whose value could not be rendered; the reason is in the diagnostics. */
  readonly failed = new Set<string>();
  readonly sources: ReadonlyMap<string, StringNode>;
  /** Required variables that have no value. */
  readonly unset: ReadonlySet<string>;
  /** Names whose value comes from a var-file or the command line. */
  readonly assigned: ReadonlySet<string>;
  readonly #env: EngineEnv;
  readonly #outside: OutsideWorld;
  readonly #parsed = new Map<string, ParsedTemplate>();
  readonly #waiters = new Map<string, string[]>();
  readonly #pending = new Map<string, Promise<void>>();

  constructor(
    sources: ReadonlyMap<string, StringNode>,
    names: { readonly unset: ReadonlySet<string>; readonly assigned: ReadonlySet<string> },
    env: EngineEnv,
    outside: OutsideWorld,
  ) {
    this.sources = sources;
    this.unset = names.unset;
    this.assigned = names.assigned;
    this.#env = env;
    this.#outside = outside;
  }

  async run(): Promise<void> {
    this.#parseAll();
    this.#settle(this.#order());
    while (this.#pending.size > 0) {
      const names = [...this.#pending.keys()];
      await Promise.all(this.#pending.values());
      this.#pending.clear();
      this.#settle(names);
    }
  }

  #parseAll(): void {
    for (const [name, node] of this.sources) {
      if (!hasActions(node.value)) {
        this.values.set(name, node.value);
        continue;
      }
      this.#reporting(name, () => {
        const parsed = parseTemplate(node.value, true);
        assertFunctions(parsed, SCOPE);
        this.#parsed.set(name, parsed);
      });
    }
  }

  /** Runs `body`; a RenderError in it becomes a diagnostic about the variable. */
  #reporting(name: string, body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      this.failed.add(name);
      const node = this.sources.get(name);
      const span = node && spanInside(node, error.start, error.end);
      const extra = { component: `variable "${name}"`, ...(error.hint !== undefined && { hint: error.hint }) };
      this.diagnostics.push(errorAt(span, 'variable-template', error.message, extra));
    }
  }

  /** By name, but those that a written-out `user` names before those that call it, so that few have to wait. */
  #order(): string[] {
    const order = new Set<string>();
    const seen = new Set<string>();
    const stack = [...this.#parsed.keys()].sort().reverse();
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      const parsed = this.#parsed.get(name);
      if (!parsed || order.has(name)) continue;
      if (seen.has(name)) {
        order.add(name);
        continue;
      }
      seen.add(name);
      stack.push(name);
      for (const { name: needed } of referencesOf(parsed.calls)) if (!seen.has(needed)) stack.push(needed);
    }
    return [...order];
  }

  /** Tries the variables, and again those that waited for one that came out. */
  #settle(names: readonly string[]): void {
    const queue = [...names].reverse();
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      this.#reporting(name, () => this.#attempt(name));
      if (!this.values.has(name)) continue;
      for (const waiter of this.#waiters.get(name) ?? []) queue.push(waiter);
      this.#waiters.delete(name);
    }
  }

  #attempt(name: string): void {
    const parsed = this.#parsed.get(name);
    if (!parsed) return;
    this.waiting.delete(name);
    const user = (wanted: string): string => {
      const value = this.values.get(wanted);
      if (value === undefined) throw new NeedsVariable(wanted);
      return value;
    };
    const context = { env: this.#env, scope: SCOPE, budget: new Budget(), user, outside: this.#outside };
    try {
      this.values.set(name, renderParsed(parsed, context));
    } catch (error) {
      if (error instanceof PendingLookup) this.#pending.set(name, error.ready);
      else if (error instanceof NeedsVariable) {
        this.waiting.set(name, error.variable);
        this.#waiters.set(error.variable, [...(this.#waiters.get(error.variable) ?? []), name]);
      } else throw error;
    }
  }
}
