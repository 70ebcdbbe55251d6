import { type Diagnostic, errorAt, hasErrors } from '../../sdk/diagnostics.ts';
import type { StringNode } from '../../sdk/node.ts';
import type { Span } from '../../sdk/source.ts';
import type { EngineEnv } from '../interpolate/functions.ts';
import type { SecretLookup } from '../interpolate/lookups.ts';
import { createOutside } from '../interpolate/outside/index.ts';
import { reportUnresolved } from './report.ts';
import { VariableRounds } from './rounds.ts';

export interface DeclaredVariable {
  readonly name: string;
  /** Where its name is declared. */
  readonly span: Span;
  /** The default as written; undefined: the variable must be given a value. */
  readonly default?: StringNode | undefined;
}

/** A value from a var-file or the command line; the name need not be declared. */
export interface AssignedVariable {
  readonly name: string;
  readonly value: StringNode;
}

export interface VariableInputs {
  readonly declared: readonly DeclaredVariable[];
  /** From low to high precedence: var-files in order, then `-var` in order. */
  readonly assigned: readonly AssignedVariable[];
}

export interface VariablesEnv extends EngineEnv {
  /** The process environment, for `env`, CONSUL_*, VAULT_*. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads AWS Secrets Manager; without it those functions are an error. */
  readonly secrets?: SecretLookup | undefined;
  /** Required variables may lack a value, which then is empty (inspect, console). */
  readonly missingAllowed?: boolean | undefined;
}

export interface ResolvedVariables {
  /** The rendered value of every name that was declared or assigned and has one. */
  readonly values: Map<string, string>;
  /** The source of each of them: the default, or the last assignment. */
  readonly sources: Map<string, StringNode>;
  readonly diagnostics: Diagnostic[];
}

/** The value that counts for each name: the last assignment, else the default. */
function effectiveSources({ declared, assigned }: VariableInputs): Map<string, StringNode> {
  const sources = new Map<string, StringNode>();
  for (const { name, default: value } of declared) if (value) sources.set(name, value);
  for (const { name, value } of assigned) sources.set(name, value);
  return sources;
}

function missing({ name, span }: DeclaredVariable): Diagnostic {
  return errorAt(span, 'required-variable', `required variable not set: ${name}`, {
    hint: `give it a value: -var '${name}=VALUE', or a var-file`,
  });
}

/**
 * Renders the values of all variables, each after those it refers to. Everything that is wrong is in the diagnostics,
 * with its place in the default, var-file or command line text; a variable without a value stays out of `values`.
 */
export async function resolveVariables(inputs: VariableInputs, env: VariablesEnv): Promise<ResolvedVariables> {
  const sources = effectiveSources(inputs);
  const required = inputs.declared.filter(one => !sources.has(one.name));
  const diagnostics = env.missingAllowed ? [] : required.map(missing);
  const names = {
    unset: new Set(required.map(one => one.name)),
    assigned: new Set(inputs.assigned.map(one => one.name)),
  };
  const rounds = new VariableRounds(sources, names, env, createOutside(env.env, env.secrets));
  if (env.missingAllowed) for (const { name } of required) rounds.values.set(name, '');
  await rounds.run();
  diagnostics.push(...rounds.diagnostics);
  // What refers to a variable that has an error itself is not worth a second complaint.
  const unresolved = reportUnresolved(rounds, inputs.declared);
  diagnostics.push(...unresolved);
  if (!hasErrors(unresolved)) for (const name of rounds.waiting.keys()) rounds.values.set(name, '');
  return { values: rounds.values, sources, diagnostics };
}
