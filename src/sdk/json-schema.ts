import type { Option, OptionSchema, OptionTable, Rule } from './options.ts';

export type JsonSchema = { readonly [key: string]: unknown };

/** Pattern of a Go duration, for editors. */
const DURATION = '^[+-]?(0|((\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|ms|s|m|h))+)$';
const TEMPLATE = { type: 'string', pattern: '\\{\\{' } as const;

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
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, option]) => [
        name,
        { ...valueSchema(option, form), ...(form === 'written' && documentation(option)) },
      ]),
    ),
    ...(required.length > 0 && { required }),
    ...(form === 'written' && { additionalProperties: false }),
  };
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
  const weak = form === 'written';
  switch (option.type) {
    case 'string': {
      const plain = { type: 'string', ...limits(option) };
      if (!weak) return plain;
      return option.allowed || option.pattern
        ? { anyOf: [plain, TEMPLATE] }
        : { type: ['string', 'number', 'boolean'] };
    }
    case 'boolean':
    case 'tri':
      return weak
        ? { anyOf: [{ type: 'boolean' }, { type: 'string', enum: ['true', 'false', ''] }, TEMPLATE] }
        : { type: 'boolean' };
    case 'integer':
    case 'number': {
      const plain = { type: option.type, ...limits(option) };
      return weak ? { anyOf: [plain, { type: 'string', pattern: '^[+-]?[0-9][0-9A-Fa-fxob_.]*$' }, TEMPLATE] } : plain;
    }
    case 'duration':
      return weak
        ? { anyOf: [{ type: 'string', pattern: DURATION }, { type: 'number' }, TEMPLATE] }
        : { type: 'number', ...limits(option) };
    case 'strings':
    case 'integers': {
      const item = { type: option.type === 'strings' ? 'string' : 'integer', ...limits(option) };
      if (!weak) return { type: 'array', items: item };
      return {
        anyOf: [
          {
            type: 'array',
            items: option.allowed ? { anyOf: [item, TEMPLATE] } : { type: ['string', 'number', 'boolean'] },
          },
          { type: ['string', 'number'] },
        ],
      };
    }
    case 'string-lists':
      return { type: 'array', items: { type: 'array', items: { type: 'string' } } };
    case 'map':
      return { type: 'object', additionalProperties: { type: weak ? ['string', 'number', 'boolean'] : 'string' } };
    case 'block': {
      const block = objectSchema(option.fields ?? {}, form);
      return weak ? { anyOf: [block, { type: 'array', items: block, maxItems: 1 }] } : block;
    }
    case 'blocks': {
      const block = objectSchema(option.fields ?? {}, form);
      return weak ? { anyOf: [{ type: 'array', items: block }, block] } : { type: 'array', items: block };
    }
    case 'block-map':
      return { type: 'object', additionalProperties: objectSchema(option.fields ?? {}, form) };
    case 'any':
      return {};
  }
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
