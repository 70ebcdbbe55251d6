import type { OutputType } from '../../sdk/data-source.ts';
import type { Diagnostic } from '../../sdk/diagnostics.ts';
import type { ObjectNode } from '../../sdk/node.ts';
import type { OptionSchema } from '../../sdk/options.ts';
import type { Span } from '../../sdk/source.ts';
import type { Renderer } from '../model.ts';

export type { OutputType } from '../../sdk/data-source.ts';

export interface DataSourceContext {
  readonly renderer: Renderer;
  /** The place of the block, for complaints without a better one. */
  readonly span: Span;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A kind of data source. Decoding the options is its own affair, as the template language knows no plugin. */
export interface DataSource {
  readonly type: string;
  readonly schema: OptionSchema;
  /** The attributes of its result; on validate they stand for values that are not known. */
  readonly outputs: Readonly<Record<string, OutputType>>;
  /** Checks the options without reading anything. */
  check(options: ObjectNode, context: DataSourceContext): readonly Diagnostic[] | Promise<readonly Diagnostic[]>;
  /** Reads it. Throws a KilnError, or a DiagnosticError with places. Attributes that are left out are null. */
  read(options: ObjectNode, context: DataSourceContext): Promise<Readonly<Record<string, unknown>>>;
}

/** All data sources by type, loaded when a template names them. Given to the loader by whoever knows the plugins. */
export type DataSources = Readonly<Record<string, { load(): Promise<DataSource> }>>;
