import { hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { replaceFile } from '../../sdk/replace-file.ts';
import { fixFile } from '../../template/fix/index.ts';
import { loadTemplateText } from '../../template/load.ts';
import type { Io } from '../io.ts';
import { loadOptions } from '../load-options.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { reportDiagnostics } from '../ui/report.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  if (args.positionals.length === 0) throw new UsageError('fix needs a template', 'write kiln fix template.json');
  const write = args.boolean('write') === true;
  if (args.positionals.length > 1 && !write) throw new UsageError('fix prints one template; several need -write');
  const mode = outputMode(args);
  let code = 0;
  for (const path of args.positionals) {
    const fixed = await fixFile(path);
    const { text } = fixed;
    if (text === undefined) {
      reportDiagnostics(io, mode, sortDiagnostics(fixed.diagnostics));
      code = 1;
      continue;
    }
    if (!write) io.out(text);
    else if (fixed.changed) await replaceFile(path, file => file.writeFile(text));
    if (write && fixed.changed) io.out(`${path}\n`);
    if (args.boolean('validate') === false) continue;
    const checked = await loadTemplateText({ path, text: text }, loadOptions(args, io, { syntaxOnly: true }));
    if (!hasErrors(checked.diagnostics)) continue;
    reportDiagnostics(io, mode, sortDiagnostics(checked.diagnostics));
    code = 1;
  }
  return code;
}
