import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import { DiagnosticError, KilnError, messageOf } from '../../../sdk/errors.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import { PendingLookup } from '../../interpolate/lookups.ts';
import type { DataSource, DataSourceContext, DataSources, OutputType } from '../data.ts';
import { evaluate, type Root, type Scope } from '../eval/index.ts';
import type { FunctionTable } from '../functions/contract.ts';
import { convert } from '../values/convert.ts';
import { fromPlain } from '../values/plain.ts';
import { BOOL, DYNAMIC, listOf, mapOf, NUMBER, STRING, type Type } from '../values/types.ts';
import { object, UNKNOWN, unknown, type Value } from '../values/value.ts';
import { type DataNode, type GraphNode, inOrder, missingData, missingLocal, needsOf } from './graph.ts';
import { evaluateBody } from './options.ts';

/** What evaluating locals and data sources needs. */
export interface Surroundings {
  readonly roots: ReadonlyMap<string, Root>;
  readonly functions: FunctionTable;
  readonly dataSources: DataSources | undefined;
  /** Read the data sources; else their results are values that are not known. */
  readonly readData: boolean;
  readonly context: Omit<DataSourceContext, 'span'>;
}

export interface Evaluated {
  readonly scope: Scope;
  readonly locals: ReadonlyMap<string, Value>;
}

/** Names that exist, but not everywhere. */
export const ELSEWHERE = {
  source: 'inside a source block, a provisioner or a post-processor',
  build: 'inside a provisioner or a post-processor',
  each: 'in Terraform; in a dynamic block the iterator is named like the block',
  self: 'in Terraform',
  count: 'in Terraform',
  terraform: 'in Terraform',
};

/** Waits for what functions have to fetch, and tries again. */
export async function settled<T>(attempt: (diagnostics: Diagnostic[]) => T, diagnostics: Diagnostic[]): Promise<T> {
  for (;;) {
    const found: Diagnostic[] = [];
    try {
      const result = attempt(found);
      diagnostics.push(...found);
      return result;
    } catch (error) {
      if (!(error instanceof PendingLookup)) throw error;
      await error.ready;
    }
  }
}

/** Evaluates all locals and data sources, each after those it refers to. */
export async function evaluateNodes(
  nodes: ReadonlyMap<string, GraphNode>,
  surroundings: Surroundings,
  diagnostics: Diagnostic[],
): Promise<Evaluated> {
  const locals = new Map<string, Value>();
  const data = new Map<string, Value>();
  for (const node of inOrder(nodes, diagnostics)) {
    // Only what the node refers to: gathering all there is for each of thousands of locals would take its time.
    const wanted = new Set(needsOf(node, nodes));
    const scope = scopeWith(surroundings, { locals, data, nodes }, wanted);
    if (node.kind === 'local') {
      locals.set(node.name, await settled(found => evaluate(node.expression, scope, found), diagnostics));
    } else {
      data.set(node.id, await evaluateData(node, scope, surroundings, diagnostics));
    }
  }
  return { scope: scopeWith(surroundings, { locals, data, nodes }, undefined), locals };
}

interface State {
  readonly locals: ReadonlyMap<string, Value>;
  /** By id. */
  readonly data: ReadonlyMap<string, Value>;
  readonly nodes: ReadonlyMap<string, GraphNode>;
}

/** The names of other places with the wanted locals and data sources, or all of them. */
function scopeWith({ roots, functions }: Surroundings, state: State, wanted: ReadonlySet<string> | undefined): Scope {
  const { locals, data, nodes } = state;
  const groups = new Map<string, [string, Value][]>();
  const chosen: [string, Value][] = [];
  for (const node of wanted === undefined ? nodes.values() : [...wanted].flatMap(id => nodes.get(id) ?? [])) {
    // Members of a circle have no value, which was reported.
    const value = (node.kind === 'local' ? locals.get(node.name) : data.get(node.id)) ?? UNKNOWN;
    if (node.kind === 'local') chosen.push([node.name, value]);
    else groups.set(node.type, [...(groups.get(node.type) ?? []), [node.name, value]]);
  }
  const all = new Map(roots);
  all.set('local', {
    value: object(chosen),
    missing: name => missingLocal(name, nodes),
  });
  all.set('data', {
    value: object([...groups].map(([type, group]) => [type, object(group)])),
    missing: type => missingData(type, nodes),
  });
  return { roots: all, functions, elsewhere: ELSEWHERE };
}

const OUTPUT_TYPES: Readonly<Record<OutputType, Type>> = {
  string: STRING,
  number: NUMBER,
  bool: BOOL,
  strings: listOf(STRING),
  'string-map': mapOf(STRING),
  any: DYNAMIC,
};

async function evaluateData(
  node: DataNode,
  scope: Scope,
  surroundings: Surroundings,
  diagnostics: Diagnostic[],
): Promise<Value> {
  const { dataSources, readData } = surroundings;
  const before = diagnostics.length;
  const options = await settled(found => evaluateBody([node.block.body], scope, node.span, found), diagnostics);
  const entry = dataSources && Object.hasOwn(dataSources, node.type) ? dataSources[node.type] : undefined;
  if (!entry) {
    if (!dataSources && !readData) return UNKNOWN;
    const hint = didYouMean(node.type, Object.keys(dataSources ?? {})).hint;
    diagnostics.push(
      errorAt(
        node.block.labels[0]?.span ?? node.span,
        'unknown-data-source',
        `kiln has no data source "${node.type}"`,
        hint === undefined ? {} : { hint },
      ),
    );
    return UNKNOWN;
  }
  const source = await entry.load();
  const component = `data "${node.type}" "${node.name}"`;
  const context = { ...surroundings.context, span: node.span };
  diagnostics.push(...(await source.check(options, context)).map(one => ({ component, ...one })));
  if (!readData || diagnostics.slice(before).some(one => one.severity === 'error')) return unknownResult(source);
  try {
    return resultOf(source, await source.read(options, context));
  } catch (error) {
    if (error instanceof DiagnosticError) diagnostics.push(...error.diagnostics.map(one => ({ component, ...one })));
    else {
      const hint = error instanceof KilnError ? error.hint : undefined;
      const message = `${component} could not be read: ${messageOf(error)}`;
      diagnostics.push(errorAt(node.span, 'data-source-failed', message, { component, ...(hint && { hint }) }));
    }
    return unknownResult(source);
  }
}

function unknownResult(source: DataSource): Value {
  return object(Object.entries(source.outputs).map(([name, type]) => [name, unknown(OUTPUT_TYPES[type])]));
}

function resultOf(source: DataSource, result: Readonly<Record<string, unknown>>): Value {
  return object(
    Object.entries(source.outputs).map(([name, type]) => [name, convert(fromPlain(result[name]), OUTPUT_TYPES[type])]),
  );
}
