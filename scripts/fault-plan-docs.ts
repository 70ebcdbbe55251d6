import { FAULT_FIELDS, FAULT_KINDS, type Field, PLAN_FIELDS } from '../src/local-ec2/faults/index.ts';

export { faultPlanSchema } from '../src/local-ec2/faults/index.ts';

const BEGIN = '<!-- fields: generated from src/local-ec2/faults/plan.ts by scripts/generate-docs.ts -->';
const END = '<!-- end of fields -->';

/** The page of fault plans with the tables of all fields in their place; what people wrote around them stays. */
export function withFaultTables(page: string): string {
  if (!page.includes(BEGIN)) return `${page}${BEGIN}\n${END}\n`;
  const kinds = Object.entries(FAULT_FIELDS).map(
    ([kind, fields]) => `### ${kind}\n\n${FAULT_KINDS[kind as keyof typeof FAULT_KINDS]}\n\n${fieldTable(fields)}`,
  );
  const list: Field = { type: 'strings', required: true, note: 'What goes wrong, each with its `kind`; see below.' };
  const plan = fieldTable({ ...PLAN_FIELDS, faults: list }).replace('list of strings', 'list of objects');
  const generated = [`### The plan\n\n${plan}`, ...kinds].join('\n');
  return `${page.slice(0, page.indexOf(BEGIN))}${BEGIN}\n\n${generated}\n${page.slice(page.indexOf(END))}`;
}

function fieldTable(fields: Readonly<Record<string, Field>>): string {
  const rows = Object.entries(fields).map(
    ([name, field]) => `| \`${name}\` | ${typeText(field)} | ${field.required ? 'yes' : ''} | ${field.note} |\n`,
  );
  return `| field | type | needed | what it says |\n|---|---|---|---|\n${rows.join('')}`;
}

function typeText({ type, allowed, min, max }: Field): string {
  const names: Readonly<Record<string, string>> = {
    integer: 'whole number',
    strings: 'list of strings',
    map: 'object of strings',
  };
  const values = allowed ? `: ${allowed.map(value => `\`${value}\``).join(', ')}` : '';
  const range = min === undefined ? '' : max === undefined ? `, at least ${min}` : `, ${min} to ${max}`;
  return `${names[type] ?? type}${values}${range}`;
}
