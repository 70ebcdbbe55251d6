import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import { DiagnosticError, messageOf } from '../../../sdk/errors.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import { PendingLookup } from '../../interpolate/lookups.ts';
import type { DataSource, DataSourceContext, DataSources, OutputType } from '../data.ts';
import { evaluate, type Root, type Scope } from '../eval/index.ts';
import type { FunctionTable } from '../functions/contract.ts';
import { convert } from '../values/convert.ts';
import { fromPlain } from '../values/plain.ts';
import { BOOL, DYNAMIC, listOf, mapOf, NUMBER, STRING, type Type } from '../values/types.ts';
import { object, UNKNOWN, unknown, type Value } from '../values/value.ts';
import { type DataNode, type GraphNode, inOrder, missingLocal } from './graph.ts';
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
  const data = new Map<string, Map<string, Value>>();
  for (const node of inOrder(nodes, diagnostics)) {
    // Only what is there by now: the order makes sure that it is enough.
    const scope = scopeWith(surroundings, locals, data, nodes);
    if (node.kind === 'local') {
      locals.set(node.name, await settled(found => evaluate(node.expression, scope, found), diagnostics));
    } else {
      const group = data.get(node.type) ?? new Map<string, Value>();
      group.set(node.name, await evaluateData(node, scope, surroundings, diagnostics));
      data.set(node.type, group);
    }
  }
  return { scope: scopeWith(surroundings, locals, data, nodes), locals };
}

function scopeWith(
  { roots, functions }: Surroundings,
  locals: ReadonlyMap<string, Value>,
  data: ReadonlyMap<string, ReadonlyMap<string, Value>>,
  nodes: ReadonlyMap<string, GraphNode>,
): Scope {
  const names = [...nodes.values()].flatMap(node => (node.kind === 'local' ? [node.name] : []));
  const ids = [...nodes.values()].flatMap(node => (node.kind === 'data' ? [node.id] : []));
  const all = new Map(roots);
  all.set('local', { value: object(locals), missing: name => missingLocal(name, names) });
  all.set('data', {
    value: object([...data].map(([type, group]) => [type, object(group)])),
    missing: type => {
      const hint = didYouMean(`data.${type}`, ids).hint ?? (ids.length > 0 ? `there are ${ids.join(', ')}` : undefined);
      return { message: `there is no data source of the type "${type}"`, ...(hint !== undefined && { hint }) };
    },
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
    else
      diagnostics.push(
        errorAt(node.span, 'data-source-failed', `${component} could not be read: ${messageOf(error)}`, { component }),
      );
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
