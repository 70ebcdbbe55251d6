import type { Option, OptionSchema, OptionTable, Rule } from './options.ts';

export type JsonSchema = { readonly [key: string]: unknown };

/** Pattern of a Go duration, for editors. */
const DURATION = '^[+-]?(0|((\\d+(\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h))+)$';
const TEMPLATE = { type: 'string', pattern: '\\{\\{' } as const;

// Packer's weak typing (json-template reference, "How option objects are decoded"), as `decodeOptions` reads it.
const TEXTS = ['string', 'number', 'boolean', 'null'] as const;
const BOOLEAN_WORD = { type: 'string', pattern: '^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)?$' } as const;
const INTEGER_WORD = { type: 'string', pattern: '^([+-]?[0-9][0-9A-Fa-fxob_]*)?$' } as const;
/** One text may hold several, with commas between them. */
const INTEGER_LIST = {
  type: 'string',
  pattern: '^([+-]?[0-9][0-9A-Fa-fxob_]*(,[+-]?[0-9][0-9A-Fa-fxob_]*)*)?$',
} as const;
const NUMBER_WORD = { type: 'string', pattern: '^([+-]?[0-9][0-9A-Fa-fxob_.]*)?$' } as const;
/** Packer takes an object without members for a list without items. */
const EMPTY = { type: 'object', maxProperties: 0 } as const;
/** As if it were not there. */
const UNSET = { type: ['string', 'null'], maxLength: 0 } as const;

/**
 * The JSON Schema of a plugin's options. `decoded`: of the value that decodeOptions gives, for the compiled validator.
 * `written`: of what a template may hold, weak typing and `{{ }}` included, for editors and `kiln schema`.
 */
export function toJsonSchema(schema: OptionSchema, form: 'decoded' | 'written'): JsonSchema {
  const rules = schema.rules ?? [];
  return {
    ...objectSchema(schema.options, form),
    ...(rules.length > 0 && { allOf: rules.map(rule => ruleSchema(rule)) }),
  };
}

function objectSchema(table: OptionTable, form: 'decoded' | 'written'): JsonSchema {
  const entries = Object.entries(table).filter(([, option]) => form === 'decoded' || !option.internal);
  const required = entries.filter(([, option]) => option.required).map(([name]) => name);
  const properties = entries
    .map(
      ([name, option]) =>
        [name, { ...valueSchema(option, form), ...(form === 'written' && documentation(option)) }] as const,
    )
    // Decoding has seen to the types already: only what has limits needs a look.
    .filter(([, schema]) => form === 'written' || Object.keys(schema).length > 0);
  return {
    ...(form === 'written' && { type: 'object' }),
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(required.length > 0 && { required }),
    ...(form === 'written' && { additionalProperties: false }),
  };
}

/** The schema of a decoded value: limits only, `{}` when it has none. */
function decodedSchema(option: Option): JsonSchema {
  const nested = (schema: JsonSchema, wrap: (schema: JsonSchema) => JsonSchema): JsonSchema =>
    Object.keys(schema).length > 0 ? wrap(schema) : {};
  switch (option.type) {
    case 'strings':
    case 'integers':
      return nested(limits(option), items => ({ items }));
    case 'block':
      return objectSchema(option.fields ?? {}, 'decoded');
    case 'blocks':
      return nested(objectSchema(option.fields ?? {}, 'decoded'), items => ({ items }));
    case 'block-map':
      return nested(objectSchema(option.fields ?? {}, 'decoded'), additionalProperties => ({ additionalProperties }));
    case 'boolean':
    case 'tri':
    case 'map':
    case 'string-lists':
    case 'any':
      return {};
    default:
      return limits(option);
  }
}

function documentation(option: Option): JsonSchema {
  return {
    description: option.note,
    ...(option.default !== undefined && option.default !== null && { default: option.default }),
    ...(option.deprecated && { deprecated: true }),
  };
}

function limits(option: Option): JsonSchema {
  return {
    ...(option.allowed && { enum: option.allowed }),
    ...(option.min !== undefined && { minimum: option.min }),
    ...(option.max !== undefined && { maximum: option.max }),
    ...(option.pattern && { pattern: option.pattern }),
  };
}

function valueSchema(option: Option, form: 'decoded' | 'written'): JsonSchema {
  if (form === 'decoded') return decodedSchema(option);
  switch (option.type) {
    case 'string':
      return option.allowed || option.pattern
        ? { anyOf: [{ type: 'string', ...limits(option) }, TEMPLATE, UNSET] }
        : { type: TEXTS };
    case 'boolean':
    case 'tri':
      return { anyOf: [{ type: 'boolean' }, { type: ['number', 'null'] }, BOOLEAN_WORD, TEMPLATE] };
    case 'integer':
    case 'number': {
      const word = option.type === 'integer' ? INTEGER_WORD : NUMBER_WORD;
      // 0 means unset, whatever the limits.
      const zero = limited(option) && !option.keepEmpty ? [{ const: 0 }] : [];
      return {
        anyOf: [{ type: option.type, ...limits(option) }, ...zero, { type: ['boolean', 'null'] }, word, TEMPLATE],
      };
    }
    case 'duration':
      return { anyOf: [{ type: 'string', pattern: DURATION }, { type: 'number' }, TEMPLATE, { type: 'null' }] };
    case 'strings': {
      const item = option.allowed ? { anyOf: [{ type: 'string', ...limits(option) }, TEMPLATE] } : { type: TEXTS };
      return { anyOf: [{ type: 'array', items: item }, { type: TEXTS }, EMPTY] };
    }
    case 'integers': {
      const item = { anyOf: [{ type: ['integer', 'boolean'] }, INTEGER_WORD, TEMPLATE] };
      return {
        anyOf: [
          { type: 'array', items: item },
          { type: ['integer', 'boolean', 'null'] },
          INTEGER_LIST,
          TEMPLATE,
          EMPTY,
        ],
      };
    }
    case 'string-lists':
      return {
        type: ['array', 'null'],
        items: { anyOf: [{ type: 'array', items: { type: TEXTS } }, { type: TEXTS }] },
      };
    case 'map': {
      const map = { type: 'object', additionalProperties: { type: TEXTS } };
      return { anyOf: [map, { type: 'array', items: map }, { type: 'null' }] };
    }
    case 'block': {
      const block = objectSchema(option.fields ?? {}, form);
      return { anyOf: [block, { type: 'array', items: block, maxItems: 1 }, { type: 'null' }] };
    }
    case 'blocks': {
      const block = objectSchema(option.fields ?? {}, form);
      return { anyOf: [{ type: 'array', items: block }, block, { type: 'null' }] };
    }
    case 'block-map':
      return { type: ['object', 'null'], additionalProperties: objectSchema(option.fields ?? {}, form) };
    case 'any':
      return {};
  }
}

function limited(option: Option): boolean {
  return Object.keys(limits(option)).length > 0;
}

function ruleSchema(rule: Rule): JsonSchema {
  const has = (name: string): JsonSchema => ({ required: [name] });
  switch (rule.rule) {
    case 'exactly-one':
      return { oneOf: rule.of.map(has) };
    case 'at-most-one':
      return { not: { anyOf: pairs(rule.of).map(pair => ({ required: pair })) } };
    case 'at-least-one':
      return { anyOf: rule.of.map(has) };
    case 'together':
      return {
        dependentRequired: Object.fromEntries(rule.of.map(name => [name, rule.of.filter(other => other !== name)])),
      };
    case 'requires':
      return { dependentRequired: { [rule.if]: rule.all } };
  }
}

function pairs(names: readonly string[]): string[][] {
  return names.flatMap((a, index) => names.slice(index + 1).map(b => [a, b]));
}
