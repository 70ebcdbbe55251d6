import { FAULT_FIELDS, FAULT_KINDS, type Fault, type Field, PLAN_FIELDS } from './plan.ts';

function schemaOf(field: Field): Record<string, unknown> {
  const enumeration = field.allowed ? { enum: field.allowed } : {};
  const range = {
    ...(field.min !== undefined && { minimum: field.min }),
    ...(field.max !== undefined && { maximum: field.max }),
  };
  switch (field.type) {
    case 'strings':
      return { type: 'array', minItems: 1, items: { type: 'string', ...enumeration }, description: field.note };
    case 'map':
      return { type: 'object', additionalProperties: { type: 'string' }, description: field.note };
    default:
      return { type: field.type, ...enumeration, ...range, description: field.note };
  }
}

/** JSON Schema (draft 2020-12) of a fault plan file. */
export function faultPlanSchema(): Record<string, unknown> {
  const object = (
    fields: Readonly<Record<string, Field>>,
    extra: Record<string, unknown>,
    names: string[],
    description?: string,
  ): unknown => ({
    type: 'object',
    ...(description && { description }),
    additionalProperties: false,
    required: [...names, ...Object.keys(fields).filter(name => fields[name]?.required)],
    properties: {
      ...extra,
      ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field)])),
    },
  });
  const kinds = Object.entries(FAULT_FIELDS).map(([kind, fields]) =>
    object(fields, { kind: { const: kind } }, ['kind'], FAULT_KINDS[kind as Fault['kind']]),
  );
  const plan = object(
    PLAN_FIELDS,
    { $schema: { type: 'string' }, faults: { type: 'array', items: { oneOf: kinds } } },
    ['faults'],
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'kiln fault plan',
    description: 'What the embedded EC2 shall do wrong.',
    ...(plan as Record<string, unknown>),
  };
}
