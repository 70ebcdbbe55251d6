import { readFileSync } from 'node:fs';
import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { describeFileError, KilnError } from '../../sdk/errors.ts';
import { replaceFile } from '../../sdk/replace-file.ts';
import { type FormatLanguage, formatTargets } from '../format-targets.ts';
import { type Io, wantsColor } from '../io.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';

/** Packer's exit code for "fmt -check found differences". */
const EXIT_WOULD_CHANGE = 3;

type Formatted = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  if (args.positionals.length === 0)
    throw new UsageError('fmt needs a file or folder', 'write kiln fmt . or kiln fmt template.json');
  const check = args.boolean('check') === true;
  const write = !check && args.boolean('write') !== false;
  const found: Diagnostic[] = [];
  let changed = 0;
  for (const { path, language, read } of sources(args, io)) {
    const before = await read();
    const formatted = await format(path, before, language);
    if ('diagnostics' in formatted) {
      for (const one of formatted.diagnostics) found.push(one);
      continue;
    }
    const different = formatted.text !== before;
    if (path === '-') io.out(check ? '' : formatted.text);
    if (!different) continue;
    changed += 1;
    if (path === '-') continue;
    io.out(`${path}\n`);
    if (args.boolean('diff')) await showDiff(path, before, formatted.text, args, io);
    if (write) await replaceFile(path, file => file.writeFile(formatted.text));
  }
  if (found.length > 0) {
    const { reportDiagnostics } = await import('../ui/report.ts');
    reportDiagnostics(io, outputMode(args), found);
    return 1;
  }
  return check && changed > 0 ? EXIT_WOULD_CHANGE : 0;
}

interface Source {
  readonly path: string;
  readonly language: FormatLanguage | undefined;
  read(): Promise<string>;
}

function sources(args: ParsedArgs, io: Io): Source[] {
  const files = args.positionals.filter(path => path !== '-');
  const asked = args.string('config-type')?.toLowerCase();
  const fromStdin: Source[] = args.positionals.includes('-')
    ? [
        {
          path: '-',
          language: asked === undefined ? undefined : asked === 'json' ? 'json' : 'hcl',
          read: async () => decode('-', await io.stdin()),
        },
      ]
    : [];
  return [
    ...fromStdin,
    ...formatTargets(files, args.boolean('recursive') === true).map(target => ({
      ...target,
      read: async () => decode(target.path, readBytes(target.path)),
    })),
  ];
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new KilnError(describeFileError(path, error), { cause: error });
  }
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new KilnError(`"${path}" is not UTF-8 text, so it is left as it is`, { cause: error });
  }
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

async function showDiff(path: string, before: string, after: string, args: ParsedArgs, io: Io): Promise<void> {
  const [{ unifiedDiff }, { styleFor }] = await Promise.all([
    import('../../template/format/diff.ts'),
    import('../ui/style.ts'),
  ]);
  const style = styleFor(wantsColor(io, 'stdout', args.boolean('color')));
  const color = (line: string): string => {
    if (line.startsWith('+') && !line.startsWith('+++')) return style.good(line);
    return line.startsWith('-') && !line.startsWith('---') ? style.error(line) : line;
  };
  const diff = unifiedDiff(before, after, `old/${path}`, `new/${path}`);
  io.out(diff.split('\n').map(color).join('\n'));
}
