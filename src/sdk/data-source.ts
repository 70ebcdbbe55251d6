import { decodeOptions } from './decode.ts';
import { type Diagnostic, errorAt, hasErrors } from './diagnostics.ts';
import { DiagnosticError } from './errors.ts';
import { nodeAt, type ObjectNode } from './node.ts';
import type { OptionSchema } from './options.ts';
import type { OptionPath } from './plugin.ts';
import type { Span } from './source.ts';
import { didYouMean } from './suggest.ts';

/** Type of an attribute that a data source gives. */
export type OutputType = 'string' | 'number' | 'bool' | 'strings' | 'string-map' | 'any';

/** Reports what is wrong with an option, at its place. Options whose values are not known yet are never complained about. */
export type Report = (path: OptionPath, code: string, message: string, hint?: string) => void;

export interface DataSourceParts<T> {
  readonly type: string;
  readonly schema: OptionSchema;
  /** The attributes of its result. */
  readonly outputs: Readonly<Record<string, OutputType>>;
  /** Rules that a table cannot say. */
  check?(options: T, report: Report): void;
  /** Throws KilnError. Attributes that are left out are null. */
  read(options: T): Promise<Readonly<Record<string, unknown>>>;
}

interface Placed {
  readonly span: Span;
}

/** A data source as the template language wants it, whose options come as places in a template. */
export interface MadeDataSource {
  readonly type: string;
  readonly schema: OptionSchema;
  readonly outputs: Readonly<Record<string, OutputType>>;
  check(options: ObjectNode, context: Placed): readonly Diagnostic[];
  read(options: ObjectNode, context: Placed): Promise<Readonly<Record<string, unknown>>>;
}

/** Makes a data source of options that are decoded by their table; T must be the type that the table gives. */
export function dataSource<T>(parts: DataSourceParts<T>): MadeDataSource {
  const { type, schema, outputs } = parts;
  const decode = (
    node: ObjectNode,
    span: Span,
  ): { readonly options: T; readonly diagnostics: readonly Diagnostic[] } => {
    const component = `data source ${type}`;
    const decoded = decodeOptions(schema, node, component);
    const found: Diagnostic[] = [...decoded.diagnostics];
    const report: Report = (path, code, message, hint) => {
      const pointers = path.map((_, index) => `/${path.slice(0, index + 1).join('/')}`);
      if (pointers.some(pointer => decoded.unknown.has(pointer))) return;
      found.push(errorAt(nodeAt(node, path)?.span ?? span, code, message, { component, ...(hint && { hint }) }));
    };
    checkTable(schema, decoded.value, report);
    const options = decoded.value as T;
    parts.check?.(options, report);
    return { options, diagnostics: found };
  };
  return {
    type,
    schema,
    outputs,
    check: (node, { span }) => decode(node, span).diagnostics,
    read: async (node, { span }) => {
      const { options, diagnostics } = decode(node, span);
      if (hasErrors(diagnostics)) throw new DiagnosticError(diagnostics);
      return parts.read(options);
    },
  };
}

/** What a compiled validator sees to for plugins: required options and allowed values. */
function checkTable({ options }: OptionSchema, value: Readonly<Record<string, unknown>>, report: Report): void {
  for (const [name, option] of Object.entries(options)) {
    const given = value[name];
    if (given === undefined) {
      if (option.required) report([name], 'missing-option', `"${name}" is required`, `add "${name}": ${option.note}`);
    } else if (option.allowed && !option.allowed.some(one => one === given)) {
      const names = option.allowed.filter(one => one !== '').map(String);
      const hint = didYouMean(String(given), names).hint ?? `write one of ${names.join(', ')}`;
      report([name], 'bad-value', `"${name}" cannot be "${String(given)}"`, hint);
    }
  }
}
