import { KilnError } from '../../sdk/errors.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import { FAULT_FIELDS, type Fault, type FaultPlan, type Field, PLAN_FIELDS } from './plan.ts';

/** Checks a parsed fault plan. `where` is named in messages. Throws a KilnError (`bad-fault-plan`). */
export function readFaultPlan(value: unknown, where: string): FaultPlan {
  const bad: Bad = (message, hint) =>
    new KilnError(`fault plan ${where}: ${message}`, { code: 'bad-fault-plan', ...(hint !== undefined && { hint }) });
  if (!isObject(value)) throw bad('it must be a JSON object with a list "faults"');
  const { $schema: _schema, faults, ...rest } = value;
  readFields(rest, PLAN_FIELDS, '', ['faults', '$schema'], bad);
  if (!Array.isArray(faults)) throw bad('"faults" is missing or not a list');
  for (const [index, fault] of faults.entries()) readFault(fault, `faults[${index}]`, bad);
  return value as unknown as FaultPlan;
}

type Bad = (message: string, hint?: string) => KilnError;

function readFault(fault: unknown, place: string, bad: Bad): void {
  if (!isObject(fault)) throw bad(`${place} must be an object`);
  const { kind, ...fields } = fault;
  const known = Object.keys(FAULT_FIELDS);
  if (typeof kind !== 'string') throw bad(`${place} lacks "kind"`, `one of ${known.join(', ')}`);
  const table = Object.hasOwn(FAULT_FIELDS, kind) ? FAULT_FIELDS[kind as Fault['kind']] : undefined;
  const hint = didYouMean(kind, known).hint ?? `one of ${known.join(', ')}`;
  if (!table) throw bad(`${place}.kind "${kind}" is not known`, hint);
  readFields(fields, table, `${place}.`, ['kind'], bad);
}

function readFields(
  value: Record<string, unknown>,
  table: Readonly<Record<string, Field>>,
  prefix: string,
  others: readonly string[],
  bad: Bad,
): void {
  for (const [name, one] of Object.entries(value)) {
    const field = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!field) throw bad(`${prefix}${name} is not known`, didYouMean(name, [...Object.keys(table), ...others]).hint);
    const problem = problemOf(one, field);
    if (problem !== undefined) throw bad(`${prefix}${name} ${problem}`);
  }
  for (const [name, field] of Object.entries(table))
    if (field.required && value[name] === undefined) throw bad(`${prefix}${name} is missing`, field.note);
}

function problemOf(value: unknown, field: Field): string | undefined {
  switch (field.type) {
    case 'string':
      return typeof value === 'string' ? notAllowed(value, field) : 'must be a text';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'number':
    case 'integer':
      return numberProblem(value, field);
    case 'strings':
      if (!Array.isArray(value) || value.length === 0 || !value.every(one => typeof one === 'string'))
        return 'must be a list of texts';
      return value.map((one: string) => notAllowed(one, field)).find(problem => problem !== undefined);
    case 'map':
      return isObject(value) && Object.values(value).every(one => typeof one === 'string')
        ? undefined
        : 'must be an object of texts';
  }
}

function numberProblem(value: unknown, field: Field): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
  if (field.type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
  if (field.min !== undefined && value < field.min) return `must be at least ${field.min}`;
  return field.max !== undefined && value > field.max ? `must be at most ${field.max}` : undefined;
}

function notAllowed(value: string, field: Field): string | undefined {
  return field.allowed && !field.allowed.includes(value)
    ? `"${value}" is not one of ${field.allowed.join(', ')}`
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
