import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { toJsonSchema } from '../src/sdk/json-schema.ts';
import type { OptionSchema } from '../src/sdk/options.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface SchemaModule {
  readonly kind: 'builder' | 'provisioner' | 'post-processor';
  readonly type: string;
  readonly schema: OptionSchema;
}

/** Every plugin's schema, read from its schema.ts, sorted by kind and type. */
export async function allSchemas(): Promise<SchemaModule[]> {
  const found: SchemaModule[] = [];
  for (const kind of ['builder', 'provisioner', 'post-processor'] as const) {
    const folder = join(root, `${kind}s`);
    for (const type of readdirSync(folder).sort()) {
      const file = join(folder, type, 'schema.ts');
      if (!existsSync(file)) continue;
      const module = (await import(pathToFileURL(file).href)) as { schema?: OptionSchema };
      if (!module.schema) throw new Error(`${file} does not export "schema"`);
      found.push({ kind, type, schema: module.schema });
    }
  }
  return found;
}

/** Compiles one ajv validator per plugin into an ES module, so that no schema is compiled when kiln starts. */
export async function compileValidators(folder: string): Promise<void> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { default: standalone } = await import('ajv/dist/standalone/index.js');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { kind, type, schema } of await allSchemas()) {
    const ajv = new Ajv2020({
      allErrors: true,
      strict: true,
      strictRequired: false,
      strictTypes: false,
      allowUnionTypes: true,
      code: { source: true, esm: true, lines: false },
    });
    const code = (standalone as unknown as (ajv: object, validate: unknown) => string)(
      ajv,
      ajv.compile(toJsonSchema(schema, 'decoded')),
    );
    writeFileSync(join(folder, `${kind}-${type}.js`), await selfContained(code));
  }
}

/** Pulls in ajv's small run-time helpers, so that the product does not depend on ajv itself. */
async function selfContained(code: string): Promise<string> {
  if (!code.includes('require(')) return code;
  const result = await build({
    stdin: { contents: code, resolveDir: root, loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'error',
  });
  return result.outputFiles[0]?.text ?? code;
}
