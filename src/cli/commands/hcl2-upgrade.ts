import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { replaceFile } from '../../sdk/replace-file.ts';
import type { SourceFile } from '../../sdk/source.ts';
import { readSource } from '../../template/json/read.ts';
import { type UpgradeResult, upgradeTemplate } from '../../template/upgrade/index.ts';
import type { Io } from '../io.ts';
import { optionTables } from '../option-tables.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { reportDiagnostics } from '../ui/report.ts';

/** Writes a JSON template as HCL2. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [path, ...more] = args.positionals;
  if (path === undefined || more.length > 0)
    throw new UsageError('hcl2_upgrade takes one JSON template', 'write kiln hcl2_upgrade template.json');
  if (/\.pkr\.(hcl|json)$/.test(path)) throw new UsageError(`"${path}" is an HCL2 template already`);
  const mode = outputMode(args);
  const { source, diagnostics: reading } = await readSource(path, { cwd: io.cwd, stdin: () => io.stdin() });
  const result = source && (await upgrade(source, args.boolean('with-annotations') === true));
  const diagnostics = sortDiagnostics([...reading, ...(result?.diagnostics ?? [])]);
  if (diagnostics.length > 0) reportDiagnostics(io, mode, diagnostics);
  if (result?.text === undefined || hasErrors(diagnostics)) return 1;
  const output = args.string('output-file') ?? (path === '-' ? '-' : `${path}.pkr.hcl`);
  if (output === '-') {
    io.out(result.text);
    return 0;
  }
  const { text } = result;
  const target = resolve(io.cwd, output);
  mkdirSync(dirname(target), { recursive: true });
  await replaceFile(target, file => file.writeFile(text));
  io.out(`Successfully created ${output}. Check it with kiln validate ${output}.\n`);
  return 0;
}

async function upgrade(source: SourceFile, annotations: boolean): Promise<UpgradeResult> {
  return upgradeTemplate(source, { annotations, ...(await optionTables(source)) });
}
