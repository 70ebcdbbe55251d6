import { type Diagnostic, hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { loadTemplate, type TemplateOptions } from '../../template/load.ts';
import { dataSources } from '../data-sources.ts';
import type { Io } from '../io.ts';
import { loadOptions } from '../load-options.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { machineLine } from '../ui/machine-line.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const paths = args.positionals;
  if (paths.length === 0) throw new UsageError('validate needs a template', 'write kiln validate template.json');
  const mode = outputMode(args);
  const syntaxOnly = args.boolean('syntax-only') === true;
  const options: TemplateOptions = {
    ...loadOptions(args, io, {
      syntaxOnly,
      evaluateDatasources: args.boolean('evaluate-datasources') === true,
      warnUndeclared: args.boolean('no-warn-undeclared-var') !== true,
    }),
    dataSources: dataSources(),
  };
  const found: Diagnostic[] = [];
  let invalid = 0;
  for (const path of paths) {
    const diagnostics = await validateOne(path, options);
    if (hasErrors(diagnostics)) invalid += 1;
    for (const one of diagnostics) found.push(one);
  }
  if (found.length > 0) {
    const { reportDiagnostics } = await import('../ui/report.ts');
    reportDiagnostics(io, mode, found);
  }
  const summary = verdict(paths.length, invalid, syntaxOnly);
  if (mode.kind === 'json') io.out(`${JSON.stringify({ type: 'validated', templates: paths.length, invalid })}\n`);
  else if (invalid === 0) io.out(mode.kind === 'machine' ? machineLine('', 'ui', ['say', summary]) : `${summary}\n`);
  else if (paths.length > 1) io.err(`${summary}\n`);
  return invalid > 0 ? 1 : 0;
}

async function validateOne(path: string, options: TemplateOptions): Promise<readonly Diagnostic[]> {
  const { template, diagnostics } = await loadTemplate(path, options);
  if (!template || options.syntaxOnly) return sortDiagnostics(diagnostics);
  const [{ planBuilds }, { catalog }] = await Promise.all([import('../../engine/plan.ts'), import('../../catalog.ts')]);
  const plans = await planBuilds(template, catalog, {
    force: false,
    debug: false,
    onError: 'cleanup',
    local: false,
    mustRun: false,
  });
  return sortDiagnostics([...diagnostics, ...plans.diagnostics]);
}

function verdict(count: number, invalid: number, syntaxOnly: boolean): string {
  if (invalid > 0) return `${invalid} of ${count} templates are not valid.`;
  if (syntaxOnly) return 'Syntax-only check passed. Everything looks okay.';
  return count === 1 ? 'The configuration is valid.' : `All ${count} templates are valid.`;
}
