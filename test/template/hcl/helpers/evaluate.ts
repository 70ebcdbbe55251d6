import type { Diagnostic } from '../../../../src/sdk/diagnostics.ts';
import { evaluate, type Root } from '../../../../src/template/hcl/eval/index.ts';
import {
  createFunctions,
  type FunctionContext,
  type Libraries,
  loadLibraries,
} from '../../../../src/template/hcl/functions/index.ts';
import { parseHclExpression } from '../../../../src/template/hcl/syntax/index.ts';
import { toJson } from '../../../../src/template/hcl/values/json.ts';
import { listOf, STRING, type Type } from '../../../../src/template/hcl/values/types.ts';
import {
  isWhollyKnown,
  list,
  map,
  nullOf,
  set,
  string,
  UNKNOWN,
  unknown,
  type Value,
} from '../../../../src/template/hcl/values/value.ts';
import { createOutside } from '../../../../src/template/interpolate/outside/index.ts';

const libraries: Libraries = {};

/** Loads what yamlencode and bcrypt need; call it before tests that use them. */
export async function loadAll(): Promise<void> {
  await loadLibraries(libraries, new Set(['yamlencode', 'bcrypt']));
}

const texts = [string('a'), string('b')];

/** Names that the expressions of the tests refer to. */
const NAMES: Readonly<Record<string, Value>> = {
  u: unknown(STRING),
  d: UNKNOWN,
  ul: unknown(listOf(STRING)),
  ls: list(STRING, texts),
  m: map(STRING, [
    ['k', string('v')],
    ['j', string('w')],
  ]),
  st: set(STRING, texts),
  el: list(STRING, []),
  nul: nullOf(STRING),
};

export interface Outcome {
  readonly value?: Value;
  readonly diagnostics: readonly Diagnostic[];
}

export function functionContext(extra: Partial<FunctionContext> = {}): FunctionContext {
  const env = { HOME: '/home/me' };
  return {
    cwd: '/cwd',
    templateDir: '/cwd',
    env,
    startedAt: new Date('2026-11-20T10:23:39Z'),
    outside: createOutside(env, undefined),
    libraries,
    ...extra,
  };
}

/** Parses and evaluates one expression with all functions. */
export function run(text: string, extra: Partial<FunctionContext> = {}): Outcome {
  const { expression, diagnostics } = parseHclExpression({ path: 'test', text });
  if (!expression || diagnostics.length > 0) return { diagnostics };
  const found: Diagnostic[] = [];
  const roots = new Map<string, Root>(Object.entries(NAMES).map(([name, value]) => [name, { value }]));
  const value = evaluate(expression, { roots, functions: createFunctions(functionContext(extra)) }, found);
  return found.length > 0 ? { diagnostics: found } : { value, diagnostics: [] };
}

/** The value as JSON, "unknown", or the first complaint after "error: ". */
export function show(text: string, extra: Partial<FunctionContext> = {}): string {
  const { value, diagnostics } = run(text, extra);
  if (!value) return `error: ${diagnostics[0]?.message}`;
  return isWhollyKnown(value) ? toJson(value) : 'unknown';
}

/** A type in the JSON form that the language's own tools use. */
export function typeJson(type: Type): unknown {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return [type.kind, typeJson(type.element)];
    case 'tuple':
      return ['tuple', type.elements.map(typeJson)];
    case 'object':
      return ['object', Object.fromEntries([...type.attributes].map(([name, one]) => [name, typeJson(one)]))];
    default:
      return type.kind;
  }
}
