import { type Diagnostic, hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { loadTemplate, type TemplateOptions } from '../../template/load.ts';
import { awsSecrets } from '../aws-secrets.ts';
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
    secrets: awsSecrets,
    dataSources: dataSources(),
  };
  const found: Diagnostic[] = [];
  const secrets = new Set<string>();
  let invalid = 0;
  for (const path of paths) {
    const one = await validateOne(path, options);
    if (hasErrors(one.diagnostics)) invalid += 1;
    for (const diagnostic of one.diagnostics) found.push(diagnostic);
    for (const secret of one.secrets) secrets.add(secret);
  }
  if (found.length > 0) {
    const [{ reportDiagnostics }, { SecretMask }] = await Promise.all([
      import('../ui/report.ts'),
      import('../secret-mask.ts'),
    ]);
    reportDiagnostics(io, mode, found, new SecretMask(secrets));
  }
  const summary = verdict(paths.length, invalid, syntaxOnly);
  if (mode.kind === 'json') io.out(`${JSON.stringify({ type: 'validated', templates: paths.length, invalid })}\n`);
  else if (invalid === 0) io.out(mode.kind === 'machine' ? machineLine('', 'ui', ['say', summary]) : `${summary}\n`);
  else if (paths.length > 1) io.err(`${summary}\n`);
  return invalid > 0 ? 1 : 0;
}

interface Validated {
  readonly diagnostics: readonly Diagnostic[];
  /** Values to keep out of what is shown. */
  readonly secrets: readonly string[];
}

async function validateOne(path: string, options: TemplateOptions): Promise<Validated> {
  const { template, diagnostics, confidential = [] } = await loadTemplate(path, options);
  if (!template || options.syntaxOnly)
    return { diagnostics: sortDiagnostics(diagnostics), secrets: [...confidential, ...(template?.secrets ?? [])] };
  const [{ planBuilds }, { catalog }] = await Promise.all([import('../../engine/plan.ts'), import('../../catalog.ts')]);
  const plans = await planBuilds(template, catalog, {
    force: false,
    debug: false,
    onError: 'cleanup',
    local: false,
    mustRun: false,
  });
  return {
    diagnostics: sortDiagnostics([...diagnostics, ...plans.diagnostics]),
    secrets: [...confidential, ...template.secrets, ...plans.secrets],
  };
}

function verdict(count: number, invalid: number, syntaxOnly: boolean): string {
  if (invalid > 0) return `${invalid} of ${count} templates are not valid.`;
  if (syntaxOnly) return 'Syntax-only check passed. Everything looks okay.';
  return count === 1 ? 'The configuration is valid.' : `All ${count} templates are valid.`;
}
