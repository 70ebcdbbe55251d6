import { hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { type Inspection, inspectTemplate } from '../../template/inspect.ts';
import { languageOf } from '../../template/language.ts';
import type { Io } from '../io.ts';
import { loadOptions, type TemplateArgs } from '../load-options.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { machineLine } from '../ui/machine-line.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [path, ...more] = args.positionals;
  if (path === undefined || more.length > 0)
    throw new UsageError('inspect takes one template', 'write kiln inspect template.json');
  const mode = outputMode(args);
  const options = loadOptions(args, io, { syntaxOnly: true });
  const { inspection, diagnostics, confidential = [] } = await inspectTemplate(path, options);
  if (!inspection || hasErrors(diagnostics)) {
    const [{ reportDiagnostics }, { SecretMask }] = await Promise.all([
      import('../ui/report.ts'),
      import('../secret-mask.ts'),
    ]);
    reportDiagnostics(io, mode, sortDiagnostics(diagnostics), new SecretMask(confidential));
    return 1;
  }
  if (mode.kind === 'json') io.out(`${JSON.stringify(withoutSecrets(inspection), null, 2)}\n`);
  else if (mode.kind === 'machine') io.out(machineInspection(inspection));
  else io.out(languageOf(path, options) === 'json' ? humanInspection(inspection) : await hclText(path, options));
  return 0;
}

async function hclText(path: string, options: TemplateArgs): Promise<string> {
  const [{ inspectSections }, { hclInspection }, { SecretMask }] = await Promise.all([
    import('../../template/hcl/inspect-sections.ts'),
    import('../ui/hcl-inspection.ts'),
    import('../secret-mask.ts'),
  ]);
  const sections = await inspectSections(path, options);
  return new SecretMask(sections.secrets).mask(hclInspection(sections));
}

function machineInspection(inspection: Inspection): string {
  const variable = (name: string, value: string, required: string): string =>
    machineLine('', 'template-variable', [name, value, required]);
  return [
    ...inspection.variables.filter(one => one.required).map(one => variable(one.name, '', '1')),
    ...inspection.variables.filter(one => !one.required).map(one => variable(one.name, shownDefault(one), '0')),
    ...inspection.builders.map(one => machineLine('', 'template-builder', [one.name, one.type])),
    ...inspection.provisioners.map(one => machineLine('', 'template-provisioner', [one])),
  ].join('');
}

function withoutSecrets(inspection: Inspection): Inspection {
  const variables = inspection.variables.map(one =>
    one.default === undefined ? one : { ...one, default: shownDefault(one) },
  );
  return { ...inspection, variables };
}

function shownDefault(variable: Inspection['variables'][number]): string {
  return variable.sensitive ? '<sensitive>' : (variable.default ?? '');
}

function humanInspection(inspection: Inspection): string {
  const required = inspection.variables.filter(one => one.required);
  const optional = inspection.variables.filter(one => !one.required);
  const width = Math.max(0, ...optional.map(one => one.name.length));
  const section = (title: string, lines: readonly string[], empty: string): string =>
    `${title}:\n\n${lines.length > 0 ? lines.map(line => `  ${line}`).join('\n') : `  <${empty}>`}\n`;
  return [
    ...(inspection.description ? [section('Description', inspection.description.split('\n'), '')] : []),
    ...(required.length > 0
      ? [
          section(
            'Required variables',
            required.map(one => one.name),
            '',
          ),
        ]
      : []),
    section(
      'Optional variables and their defaults',
      optional.map(
        one => `${one.name.padEnd(width)} = ${shownDefault(one).replaceAll('\n', `\n${' '.repeat(width + 5)}`)}`,
      ),
      'No variables',
    ),
    section(
      'Builders',
      inspection.builders.map(one => (one.name === one.type ? one.name : `${one.name} (${one.type})`)),
      'No builders',
    ),
    section('Provisioners', inspection.provisioners, 'No provisioners'),
    section(
      'Post-processors',
      inspection.postProcessors.map(sequence => sequence.join(' -> ')),
      'No post-processors',
    ),
    'Note: If your build names contain user variables or template functions such as timestamp, these are shown as written.\n',
  ].join('\n');
}
