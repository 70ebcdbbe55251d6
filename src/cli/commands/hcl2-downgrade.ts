import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { catalog } from '../../catalog.ts';
import { sortDiagnostics } from '../../sdk/diagnostics.ts';
import type { OptionTable } from '../../sdk/options.ts';
import { replaceFile } from '../../sdk/replace-file.ts';
import { downgradeTemplate, type TableOf } from '../../template/downgrade/index.ts';
import { languageOf } from '../../template/language.ts';
import type { Io } from '../io.ts';
import { loadOptions } from '../load-options.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { reportDiagnostics } from '../ui/report.ts';

/** Writes an HCL2 template as JSON, or tells what of it JSON has nothing for. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [path, ...more] = args.positionals;
  if (path === undefined || more.length > 0)
    throw new UsageError('hcl2_downgrade takes one HCL2 file or folder', 'write kiln hcl2_downgrade template.pkr.hcl');
  const options = loadOptions(args, io);
  if (languageOf(path, options) === 'json') throw new UsageError(`"${path}" is a JSON template already`);
  const { text, diagnostics } = await downgradeTemplate(path, options, await allTables());
  if (diagnostics.length > 0) reportDiagnostics(io, outputMode(args), sortDiagnostics(diagnostics));
  if (text === undefined) return 1;
  const output = args.string('output-file') ?? `${path.replace(/\/+$|\.pkr\.(?:hcl|json)$/g, '')}.json`;
  if (output === '-') {
    io.out(text);
    return 0;
  }
  const target = resolve(io.cwd, output);
  mkdirSync(dirname(target), { recursive: true });
  await replaceFile(target, file => file.writeFile(text));
  io.out(`Successfully created ${output}. Check it with kiln validate ${output}.\n`);
  return 0;
}

/** The options of all that is built in: which of them are lists of blocks only the plugins know. */
async function allTables(): Promise<TableOf> {
  const tables = new Map<string, OptionTable>();
  const kinds = [
    ['builder', catalog.builders],
    ['provisioner', catalog.provisioners],
    ['post-processor', catalog.postProcessors],
  ] as const;
  for (const [kind, entries] of kinds)
    for (const [type, entry] of Object.entries(entries))
      tables.set(`${kind} ${type}`, (await entry.load()).schema.options);
  return (kind, type) => tables.get(`${kind} ${type}`);
}
