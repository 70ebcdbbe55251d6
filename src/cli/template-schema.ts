import { type JsonSchema, toJsonSchema } from '../sdk/json-schema.ts';
import type { OptionSchema } from '../sdk/options.ts';

export type PluginKind = 'builder' | 'provisioner' | 'post-processor';

export interface NamedSchema {
  readonly kind: PluginKind;
  readonly type: string;
  readonly schema: OptionSchema;
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const NAMES = { type: 'array', items: { type: 'string' } } as const;
const DURATION = { type: ['string', 'number'], description: 'A duration such as "90s" or "5m".' } as const;

/** Options that the core itself understands, by kind; Packer's JSON template reference, sections 4, 5 and 7. */
const META: Readonly<Record<PluginKind, JsonSchema>> = {
  builder: { name: { type: 'string', description: 'Name of the build; the type when left out.' } },
  provisioner: {
    only: { ...NAMES, description: 'Run it for these builders alone.' },
    except: { ...NAMES, description: 'Run it for all builders but these.' },
    override: {
      type: 'object',
      additionalProperties: { type: 'object' },
      description: 'Options by builder name, laid over the others.',
    },
    pause_before: { ...DURATION, description: 'Wait this long before it runs.' },
    timeout: { ...DURATION, description: 'Stop it after this long.' },
    max_retries: { type: ['integer', 'string'], description: 'Further tries after a failure.' },
  },
  'post-processor': {
    name: { type: 'string', description: 'Name for -except and the log; the type when left out.' },
    only: { ...NAMES, description: 'Run it for these builders alone.' },
    except: { ...NAMES, description: 'Run it for all builders but these.' },
    keep_input_artifact: { type: 'boolean', description: 'Keep what it was given.' },
  },
};

/** The JSON Schema of one plugin's options as a template writes them, its own `type` and core options included. */
export function pluginSchema({ kind, type, schema }: NamedSchema): JsonSchema {
  const options = toJsonSchema(schema, 'written');
  const required = (options['required'] as readonly string[] | undefined) ?? [];
  return {
    ...options,
    title: `${kind} ${type}`,
    properties: { type: { const: type }, ...(META[kind] as object), ...(options['properties'] as object) },
    required: ['type', ...required],
  };
}

/** The JSON Schema of a whole JSON template, for `"$schema"` in editors: completion, hover text, checks. */
export function templateSchema(plugins: readonly NamedSchema[]): JsonSchema {
  const of = (kind: PluginKind): readonly NamedSchema[] => plugins.filter(plugin => plugin.kind === kind);
  const ref = (kind: PluginKind, type: string): string => `#/$defs/${kind}.${type}`;
  const choice = (kind: PluginKind): JsonSchema => ({
    type: 'object',
    required: ['type'],
    properties: {
      type: { type: 'string', enum: of(kind).map(plugin => plugin.type), description: `Type of the ${kind}.` },
    },
    allOf: of(kind).map(({ type }) => ({
      if: { properties: { type: { const: type } }, required: ['type'] },
      then: { $ref: ref(kind, type) },
    })),
  });
  const postProcessor = {
    anyOf: [
      { type: 'string', enum: of('post-processor').map(plugin => plugin.type) },
      { $ref: '#/$defs/post-processor' },
    ],
  };
  return {
    $schema: DIALECT,
    title: 'kiln template',
    type: 'object',
    required: ['builders'],
    properties: {
      $schema: { type: 'string', description: 'Where this schema lies, for editors. Packer itself refuses this key.' },
      description: { type: 'string', description: 'What the template is for; shown by inspect.' },
      min_packer_version: { type: 'string', description: 'Lowest Packer version the template works with.' },
      variables: {
        type: 'object',
        additionalProperties: { type: ['string', 'null'] },
        description: 'Variables and their defaults; null means required.',
      },
      'sensitive-variables': { ...NAMES, description: 'Variables whose values are masked in all output.' },
      builders: { type: 'array', minItems: 1, items: { $ref: '#/$defs/builder' } },
      provisioners: { type: 'array', items: { $ref: '#/$defs/provisioner' } },
      'error-cleanup-provisioner': { $ref: '#/$defs/provisioner' },
      'post-processors': {
        type: 'array',
        items: { anyOf: [...postProcessor.anyOf, { type: 'array', items: postProcessor }] },
      },
      comments: {
        type: 'array',
        items: { type: 'object', additionalProperties: { type: 'string' } },
        description: 'Comments.',
      },
      push: { type: 'object', description: 'Of old times; without effect.' },
    },
    patternProperties: { '^_': { type: 'string', description: 'A comment.' } },
    additionalProperties: false,
    $defs: {
      builder: choice('builder'),
      provisioner: choice('provisioner'),
      'post-processor': choice('post-processor'),
      ...Object.fromEntries(plugins.map(plugin => [`${plugin.kind}.${plugin.type}`, pluginSchema(plugin)])),
    },
  };
}
