import { type Diagnostic, errorAt, hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { replaceFile } from '../../sdk/replace-file.ts';
import { fixedText, fixTemplate, renderFixed } from '../../template/fix/index.ts';
import { parseJson } from '../../template/json/parse.ts';
import { readSource } from '../../template/json/read.ts';
import { checkTemplateText } from '../../template/load.ts';
import type { Io } from '../io.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const paths = args.positionals;
  if (paths.length === 0) throw new UsageError('fix needs a template', 'write kiln fix template.json');
  const write = args.boolean('write') === true;
  if (paths.length > 1 && !write) throw new UsageError('fix prints one template; several need -write');
  const validate = args.boolean('validate') !== false;
  const found: Diagnostic[] = [];
  for (const path of paths) found.push(...(await fixOne(path, { write, validate }, io)));
  if (found.length > 0) {
    const { reportDiagnostics } = await import('../ui/report.ts');
    reportDiagnostics(io, outputMode(args), sortDiagnostics(found));
  }
  return hasErrors(found) ? 1 : 0;
}

async function fixOne(
  path: string,
  wanted: { readonly write: boolean; readonly validate: boolean },
  io: Io,
): Promise<readonly Diagnostic[]> {
  if (/\.pkr\.(hcl|json)$/.test(path)) {
    const message = `"${path}" is an HCL2 template: fixers are for JSON templates`;
    return [errorAt(undefined, 'not-json', message)];
  }
  const { source, diagnostics } = await readSource(path, { cwd: io.cwd });
  if (!source) return diagnostics;
  const parsed = parseJson(source);
  if (!parsed.root || hasErrors(parsed.diagnostics)) return [...diagnostics, ...parsed.diagnostics];
  const fixed = fixTemplate(parsed.root);
  if (!fixed.document) return fixed.diagnostics;
  const { document } = fixed;
  if (!wanted.write) io.out(renderFixed(document));
  // A template that needs no fix keeps its layout.
  else if (fixed.changed) {
    await replaceFile(path, file => file.writeFile(fixedText(document)));
    io.out(`${path}\n`);
  }
  return wanted.validate ? checkTemplateText({ path, text: fixedText(document) }) : [];
}
