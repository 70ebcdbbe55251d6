import { type Diagnostic, hasErrors, sortDiagnostics, warningAt } from '../../sdk/diagnostics.ts';
import type { RequiredPlugin } from '../../template/hcl/index.ts';
import { languageOf } from '../../template/language.ts';
import { builtInPlugins } from '../built-in-plugins.ts';
import type { Io } from '../io.ts';
import { loadOptions } from '../load-options.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { reportDiagnostics } from '../ui/report.ts';

/** Checks required_plugins against what is built in. Nothing is ever downloaded. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [path, ...more] = args.positionals;
  if (path === undefined || more.length > 0)
    throw new UsageError('init takes one template', 'write kiln init . or kiln init template.pkr.hcl');
  const mode = outputMode(args);
  const options = loadOptions(args, io, { syntaxOnly: true });
  if (languageOf(path, options) === 'json') {
    io.out('JSON templates name no plugins: there is nothing to do.\n');
    return 0;
  }
  const { loadHclTemplate } = await import('../../template/hcl/index.ts');
  const { requiredPlugins, diagnostics } = await loadHclTemplate(path, options);
  const missing = requiredPlugins.filter(plugin => !builtInPlugins(plugin.source));
  const found: Diagnostic[] = [...diagnostics, ...missing.map(notBuiltIn)];
  if (found.length > 0) reportDiagnostics(io, mode, sortDiagnostics(found));
  if (hasErrors(diagnostics)) return 1;
  for (const plugin of requiredPlugins.filter(one => !missing.includes(one)))
    io.out(`${plugin.name} (${plugin.source}): built in, nothing to download\n`);
  if (requiredPlugins.length === 0) io.out('The template requires no plugins: there is nothing to do.\n');
  return 0;
}

function notBuiltIn(plugin: RequiredPlugin): Diagnostic {
  return warningAt(plugin.span, 'not-built-in', `plugin "${plugin.source}" is not built into kiln`, {
    hint: 'validate tells which of its components the template uses; those cannot be built with kiln',
  });
}
