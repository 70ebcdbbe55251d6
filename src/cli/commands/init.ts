import { type Diagnostic, type DiagnosticNote, hasErrors, sortDiagnostics, warningAt } from '../../sdk/diagnostics.ts';
import type { RequiredPlugin } from '../../template/hcl/index.ts';
import { readSource } from '../../template/json/read.ts';
import { languageOf } from '../../template/language.ts';
import type { BuildSpec } from '../../template/model.ts';
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
    const { diagnostics } = await readSource(path, { cwd: io.cwd, stdin: () => io.stdin() });
    if (diagnostics.length > 0) reportDiagnostics(io, mode, diagnostics);
    if (hasErrors(diagnostics)) return 1;
    io.out('JSON templates name no plugins: there is nothing to do.\n');
    return 0;
  }
  const { loadHclTemplate } = await import('../../template/hcl/index.ts');
  const { template, requiredPlugins, diagnostics } = await loadHclTemplate(path, options);
  const missing = requiredPlugins.filter(plugin => !builtInPlugins(plugin.source));
  const found: Diagnostic[] = [...diagnostics, ...missing.map(plugin => notBuiltIn(plugin, template?.builds ?? []))];
  if (found.length > 0) reportDiagnostics(io, mode, sortDiagnostics(found));
  if (hasErrors(diagnostics)) return 1;
  for (const plugin of requiredPlugins.filter(one => !missing.includes(one)))
    io.out(`${plugin.name} (${plugin.source}): built in, nothing to download\n`);
  if (requiredPlugins.length === 0) io.out('The template requires no plugins: there is nothing to do.\n');
  return 0;
}

function notBuiltIn(plugin: RequiredPlugin, builds: readonly BuildSpec[]): Diagnostic {
  const users = usersOf(plugin.name, builds);
  return warningAt(plugin.span, 'not-built-in', `plugin "${plugin.source}" is not built into kiln`, {
    hint:
      users.length > 0
        ? 'what needs it cannot be built with kiln; -except leaves builds out'
        : 'no build uses it, so it is not missed',
    notes: users,
  });
}

/** The blocks whose type belongs to a plugin, by Packer's rule: its local name, or that with a dash behind. */
function usersOf(name: string, builds: readonly BuildSpec[]): DiagnosticNote[] {
  const components = builds.flatMap(build => [
    { block: 'source', ...build.builder },
    ...build.provisioners.map(one => ({ block: 'provisioner', ...one })),
    ...build.sequences.flat().map(one => ({ block: 'post-processor', ...one })),
  ]);
  const notes = new Map<string, DiagnosticNote>();
  for (const { block, type, span } of components)
    if (type === name || type.startsWith(`${name}-`))
      notes.set(`${span.file.path} ${span.start}`, { message: `needed by ${block} "${type}"`, span });
  return [...notes.values()];
}
