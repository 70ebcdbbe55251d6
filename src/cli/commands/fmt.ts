import { type Diagnostic, errorAt, hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { KilnError } from '../../sdk/errors.ts';
import { replaceFile } from '../../sdk/replace-file.ts';
import { readSource } from '../../template/json/read.ts';
import { type FormatLanguage, formatTargets } from '../format-targets.ts';
import type { Io } from '../io.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { printResult, tellRewritten } from '../ui/rewritten.ts';

/** Packer's exit code for "fmt -check found differences". */
const EXIT_WOULD_CHANGE = 3;

type Formatted = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/** Formats each file by itself: one that cannot be read, parsed or written is told, and the others are formatted. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  if (args.positionals.length === 0)
    throw new UsageError('fmt needs a file or folder', 'write kiln fmt . or kiln fmt template.json');
  const found: Diagnostic[] = [];
  let changed = 0;
  for (const { path, language } of sources(args, found)) {
    try {
      const one = await formatOne(path, language, args, io);
      if (one === 'changed') changed += 1;
      else if (one !== 'same') for (const diagnostic of one) found.push(diagnostic);
    } catch (error) {
      if (!(error instanceof KilnError)) throw error;
      found.push(errorAt(undefined, error.code, error.message, error.hint === undefined ? {} : { hint: error.hint }));
    }
  }
  if (found.length > 0) {
    const { reportDiagnostics } = await import('../ui/report.ts');
    reportDiagnostics(io, outputMode(args), sortDiagnostics(found));
    if (hasErrors(found)) return 1;
  }
  return args.boolean('check') && changed > 0 ? EXIT_WOULD_CHANGE : 0;
}

interface Source {
  readonly path: string;
  /** Undefined: to be told from the text. */
  readonly language: FormatLanguage | undefined;
}

function sources(args: ParsedArgs, found: Diagnostic[]): Source[] {
  const files = args.positionals.filter(path => path !== '-');
  const asked = args.string('config-type')?.toLowerCase();
  const language = asked === undefined ? undefined : asked === 'json' ? 'json' : 'hcl';
  const targets = formatTargets(files, args.boolean('recursive') === true, found);
  return args.positionals.includes('-') ? [{ path: '-', language }, ...targets] : targets;
}

/** What is wrong with a file, or whether it is as it should be. Throws KilnError when it cannot be written. */
async function formatOne(
  path: string,
  language: FormatLanguage | undefined,
  args: ParsedArgs,
  io: Io,
): Promise<'same' | 'changed' | readonly Diagnostic[]> {
  const { source, bom, diagnostics } = await readSource(path, {
    cwd: io.cwd,
    what: 'the file',
    stdin: () => io.stdin(),
  });
  if (!source) return diagnostics;
  const formatted = await format(path, source.text, language);
  if ('diagnostics' in formatted) return formatted.diagnostics;
  const check = args.boolean('check') === true;
  const diff = args.boolean('diff') === true;
  const before = bom ? `\uFEFF${source.text}` : source.text;
  const mode = outputMode(args);
  const after = formatted.text;
  if (path === '-' && !check && !diff) printResult(path, after, mode, io);
  if (after === before) return 'same';
  const written = path !== '-' && !check && args.boolean('write') !== false;
  if (written) await replaceFile(path, file => file.writeFile(after));
  if (path !== '-' || diff) await tellRewritten({ path, before, after, written, diff }, mode, io);
  return 'changed';
}

async function format(path: string, text: string, language: FormatLanguage | undefined): Promise<Formatted> {
  const source = { path, text };
  if ((language ?? (/^\uFEFF?\s*\{/.test(text) ? 'json' : 'hcl')) === 'json') {
    const { formatJson } = await import('../../template/format/json.ts');
    return formatJson(source);
  }
  const { formatHcl } = await import('../../template/hcl/format/index.ts');
  return formatHcl(source);
}
