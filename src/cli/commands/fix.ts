import { type Diagnostic, errorAt, hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { KilnError } from '../../sdk/errors.ts';
import { replaceFile } from '../../sdk/replace-file.ts';
import type { SourceFile } from '../../sdk/source.ts';
import { fixedText, fixTemplate, renderFixed } from '../../template/fix/index.ts';
import { confidentialTexts } from '../../template/json/confidential.ts';
import { parseJson } from '../../template/json/parse.ts';
import { readSource } from '../../template/json/read.ts';
import { checkTemplateText } from '../../template/load.ts';
import type { Io } from '../io.ts';
import { type OutputMode, outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { SecretMask } from '../secret-mask.ts';
import { printResult, tellRewritten } from '../ui/rewritten.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const paths = args.positionals;
  if (paths.length === 0) throw new UsageError('fix needs a template', 'write kiln fix template.json');
  const write = args.boolean('write') === true;
  if (write && paths.includes('-')) throw new UsageError('standard input cannot be written to', 'leave -write out');
  if (paths.length > 1 && !write) throw new UsageError('fix prints one template; several need -write');
  const validate = args.boolean('validate') !== false;
  const mode = outputMode(args);
  const found: Diagnostic[] = [];
  const secrets = new SecretMask([]);
  for (const path of paths) {
    try {
      found.push(...(await fixOne(path, { write, validate, mode }, io, secrets)));
    } catch (error) {
      if (!(error instanceof KilnError)) throw error;
      found.push(errorAt(undefined, error.code, error.message));
    }
  }
  if (found.length > 0) {
    const { reportDiagnostics } = await import('../ui/report.ts');
    reportDiagnostics(io, mode, sortDiagnostics(found), secrets);
  }
  return hasErrors(found) ? 1 : 0;
}

async function fixOne(
  path: string,
  wanted: { readonly write: boolean; readonly validate: boolean; readonly mode: OutputMode },
  io: Io,
  secrets: SecretMask,
): Promise<readonly Diagnostic[]> {
  if (/\.pkr\.(hcl|json)$/.test(path)) {
    const message = `"${path}" is an HCL2 template: fixers are for JSON templates`;
    return [errorAt(undefined, 'not-json', message)];
  }
  const { source, diagnostics } = await readSource(path, { cwd: io.cwd, stdin: () => io.stdin() });
  if (!source) return diagnostics;
  const parsed = parseJson(source);
  for (const text of confidentialTexts(parsed.root, [], parsed.diagnostics.length > 0 ? [source.text] : []))
    secrets.add(text);
  if (!parsed.root || hasErrors(parsed.diagnostics)) return [...diagnostics, ...parsed.diagnostics];
  const fixed = fixTemplate(parsed.root);
  if (!fixed.document) return fixed.diagnostics;
  const { document } = fixed;
  if (!wanted.write) printResult(path, renderFixed(document), wanted.mode, io);
  // A template that needs no fix keeps its layout.
  else if (fixed.changed) {
    const after = fixedText(document);
    await replaceFile(path, file => file.writeFile(after));
    await tellRewritten({ path, before: source.text, after, written: true, diff: false }, wanted.mode, io);
  }
  if (!wanted.validate) return [];
  const text = fixedText(document);
  return fixed.changed
    ? checkTemplateText({ path: wanted.write ? path : `${path} (fixed)`, text })
    : inFile(source, text);
}

/** What is wrong with a template that needed no fix, at its places in the file; the verdict is that of what was printed. */
function inFile(source: SourceFile, printed: string): readonly Diagnostic[] {
  const ofPrinted = checkTemplateText({ path: `${source.path} (fixed)`, text: printed });
  const ofFile = checkTemplateText(source);
  return hasErrors(ofFile) === hasErrors(ofPrinted) ? ofFile : ofPrinted;
}
