// Writes what is generated from the option tables: docs/{builders,provisioners,post-processors}/TYPE.md (the part
// between the markers) and kiln.schema.json; likewise docs/fault-plans.md and docs/fault-plan.schema.json. With --check it
// only tells what is not up to date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { templateSchema } from '../src/cli/template-schema.ts';
import type { Option, OptionSchema, OptionTable, Rule } from '../src/sdk/options.ts';
import { allSchemas, type SchemaModule } from './compile-validators.ts';
import { faultPlanSchema, withFaultTables } from './fault-plan-docs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const BEGIN = '<!-- options: generated from schema.ts by scripts/generate-docs.ts -->';
const END = '<!-- end of options -->';
const stale: string[] = [];

const schemas = await allSchemas();
for (const plugin of schemas)
  update(join(root, 'docs', `${plugin.kind}s`, `${plugin.type}.md`), old => page(plugin, old));
update(join(root, 'kiln.schema.json'), () => `${JSON.stringify(templateSchema(schemas), null, 1)}\n`);
update(join(root, 'docs/fault-plans.md'), old => withFaultTables(old ?? ''));
update(join(root, 'docs/fault-plan.schema.json'), () => `${JSON.stringify(faultPlanSchema(), null, 1)}\n`);

if (stale.length > 0 && check) {
  console.error(
    `Not up to date (run "node --import tsx scripts/generate-docs.ts"):\n${stale.map(file => `  ${file}`).join('\n')}`,
  );
  process.exit(1);
}

function update(file: string, make: (old: string | undefined) => string): void {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const text = make(old);
  if (text === old) return;
  stale.push(relative(root, file));
  if (check) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The generated part of a page; what people wrote around it stays. */
function page(plugin: SchemaModule, old: string | undefined): string {
  const options = `${BEGIN}\n\n${optionTables(plugin.schema)}\n${END}`;
  if (old?.includes(BEGIN))
    return old.slice(0, old.indexOf(BEGIN)) + options + old.slice(old.indexOf(END) + END.length);
  return `# ${plugin.type} (${plugin.kind})\n\n${options}\n`;
}

function optionTables(schema: OptionSchema): string {
  const rules = (schema.rules ?? []).map(rule => `- ${ruleText(rule)}`);
  return `${table('Options', schema.options)}${rules.length > 0 ? `\n## Rules\n\n${rules.join('\n')}\n` : ''}`;
}

function table(title: string, options: OptionTable): string {
  const entries = Object.entries(options).filter(([, option]) => !option.internal);
  if (entries.length === 0) return `## ${title}\n\nNone.\n`;
  const rows = entries.map(
    ([name, option]) => `| \`${name}\` | ${typeText(option)} | ${defaultText(option)} | ${noteText(option)} |`,
  );
  const nested = entries
    .filter(([, option]) => option.fields && Object.keys(option.fields).length > 0)
    .map(([name, option]) => `\n${table(`${title === 'Options' ? '' : `${title}.`}${name}`, option.fields ?? {})}`);
  return `## ${title}\n\n| option | type | default | what it does |\n|---|---|---|---|\n${rows.join('\n')}\n${nested.join('')}`;
}

function typeText(option: Option): string {
  const names: Readonly<Record<string, string>> = {
    tri: 'boolean or unset',
    strings: 'list of strings',
    integers: 'list of integers',
    map: 'map of strings',
    block: 'object',
    blocks: 'list of objects',
    'block-map': 'map of objects',
    'string-lists': 'list of lists of strings',
  };
  const allowed = option.allowed ? `: ${option.allowed.map(value => `\`${value}\``).join(', ')}` : '';
  return `${names[option.type] ?? option.type}${allowed}`;
}

function defaultText(option: Option): string {
  if (option.required) return '**required**';
  if (option.default === undefined || option.default === null) return '';
  return `\`${cell(typeof option.default === 'string' ? option.default : JSON.stringify(option.default))}\``;
}

function noteText(option: Option): string {
  const extra = [
    option.late ? 'Rendered when it runs.' : '',
    option.env?.length ? `Environment: ${option.env.map(name => `\`${name}\``).join(', ')}.` : '',
    option.min !== undefined && option.max !== undefined ? `${option.min} to ${option.max}.` : '',
    option.secret ? 'Masked in all output.' : '',
    option.deprecated ? `Deprecated: ${option.deprecated}.` : '',
  ];
  return cell([option.note, ...extra].filter(text => text !== '').join(' '));
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', '\\n').replaceAll('<', '&lt;');
}

function ruleText(rule: Rule): string {
  const list = (names: readonly string[]): string => names.map(name => `\`${name}\``).join(', ');
  if (rule.message) return rule.message;
  switch (rule.rule) {
    case 'exactly-one':
      return `Exactly one of ${list(rule.of)}.`;
    case 'at-most-one':
      return `At most one of ${list(rule.of)}.`;
    case 'at-least-one':
      return `At least one of ${list(rule.of)}.`;
    case 'together':
      return `${list(rule.of)} go together.`;
    case 'requires':
      return `\`${rule.if}\` needs ${list(rule.all)}.`;
  }
}
