import type { Builder, PostProcessor, Provisioner } from './plugin.ts';

/** One complaint of a compiled validator; a subset of ajv's error object. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly schemaPath: string;
}

/** An ajv validator compiled at build time (scripts/compile-validators.ts). */
export interface CompiledValidator {
  (data: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

export interface CatalogEntry<P> {
  load(): Promise<P>;
  validator(): Promise<CompiledValidator>;
}

type Entries<P> = Readonly<Record<string, CatalogEntry<P>>>;

/** All plugins by kind and type name, loaded only when a template names them. The engine gets it as a value. */
export interface Catalog {
  readonly builders: Entries<Builder>;
  readonly provisioners: Entries<Provisioner>;
  readonly postProcessors: Entries<PostProcessor>;
}
