import { KilnError } from '../../sdk/errors.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import { FAULT_FIELDS, type Fault, type FaultPlan, type Field, PLAN_FIELDS } from './plan.ts';

/** Checks a parsed fault plan. `where` is named in messages. Throws a KilnError (`bad-fault-plan`). */
export function readFaultPlan(value: unknown, where: string): FaultPlan {
  const fail = (message: string, hint?: string): never => {
    throw new KilnError(`fault plan ${where}: ${message}`, {
      code: 'bad-fault-plan',
      ...(hint !== undefined && { hint }),
    });
  };
  if (!isObject(value)) return fail('it must be a JSON object with a list "faults"');
  const { $schema: _schema, faults, ...rest } = value;
  readFields(rest, PLAN_FIELDS, '', ['faults', '$schema'], fail);
  if (!Array.isArray(faults)) return fail('"faults" is missing or not a list');
  faults.forEach((fault: unknown, index) => {
    const place = `faults[${index}]`;
    if (!isObject(fault)) return fail(`${place} must be an object`);
    const { kind, ...fields } = fault;
    const known = Object.keys(FAULT_FIELDS);
    if (typeof kind !== 'string') return fail(`${place} lacks "kind"`, `one of ${known.join(', ')}`);
    const table = Object.hasOwn(FAULT_FIELDS, kind) ? FAULT_FIELDS[kind as Fault['kind']] : undefined;
    if (!table)
      return fail(`${place}.kind "${kind}" is not known`, didYouMean(kind, known).hint ?? `one of ${known.join(', ')}`);
    readFields(fields, table, `${place}.`, ['kind'], fail);
  });
  return value as unknown as FaultPlan;
}

type Fail = (message: string, hint?: string) => never;

function readFields(
  value: Record<string, unknown>,
  table: Readonly<Record<string, Field>>,
  prefix: string,
  others: readonly string[],
  fail: Fail,
): void {
  for (const [name, one] of Object.entries(value)) {
    const field = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!field) return fail(`${prefix}${name} is not known`, didYouMean(name, [...Object.keys(table), ...others]).hint);
    const problem = problemOf(one, field);
    if (problem !== undefined) fail(`${prefix}${name} ${problem}`);
  }
  for (const [name, field] of Object.entries(table))
    if (field.required && value[name] === undefined) fail(`${prefix}${name} is missing`, field.note);
}

function problemOf(value: unknown, field: Field): string | undefined {
  switch (field.type) {
    case 'string':
      return typeof value === 'string' ? notAllowed(value, field) : 'must be a text';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'number':
    case 'integer':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
      if (field.type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
      if (field.min !== undefined && value < field.min) return `must be at least ${field.min}`;
      return field.max !== undefined && value > field.max ? `must be at most ${field.max}` : undefined;
    case 'strings':
      if (!Array.isArray(value) || value.length === 0) return 'must be a list of texts';
      for (const one of value) {
        if (typeof one !== 'string') return 'must be a list of texts';
        const problem = notAllowed(one, field);
        if (problem !== undefined) return problem;
      }
      return undefined;
    case 'map':
      return isObject(value) && Object.values(value).every(one => typeof one === 'string')
        ? undefined
        : 'must be an object of texts';
  }
}

function notAllowed(value: string, field: Field): string | undefined {
  return field.allowed && !field.allowed.includes(value)
    ? `"${value}" is not one of ${field.allowed.join(', ')}`
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
