import { createInterface } from 'node:readline';
import { hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { KilnError, messageOf } from '../../sdk/errors.ts';
import { createRenderer } from '../../template/interpolate/index.ts';
import { loadTemplate } from '../../template/load.ts';
import type { Renderer, VariableInfo } from '../../template/model.ts';
import { PACKER_COMPATIBLE_VERSION } from '../../template/version.ts';
import { awsSecrets } from '../aws-secrets.ts';
import { dataSources } from '../data-sources.ts';
import type { Io } from '../io.ts';
import { loadOptions, type TemplateArgs } from '../load-options.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { SecretMask } from '../secret-mask.ts';

const HELP = `Type an expression to see what it gives, e.g. {{ upper \`abc\` }} or, for HCL2, upper("abc").

  variables  the template's variables and their values
  help       this text
  exit       leave (Ctrl-D does, too)
`;

/** Evaluates one line; undefined means that the user wants to leave. Throws what the expression has wrong. */
type Evaluate = (line: string) => Promise<string>;

/** Tries out template expressions: line by line on a terminal, or lines from a pipe, of which the last result is printed. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [path, ...more] = args.positionals;
  if (more.length > 0) throw new UsageError('console takes one template, or none');
  const options = {
    ...loadOptions(args, io, { evaluateDatasources: true }),
    missingAllowed: true,
    secrets: awsSecrets,
    dataSources: dataSources(),
  };
  const evaluate = path === undefined ? emptyTemplate(options) : await ofTemplate(path, options, args, io);
  if (!evaluate) return 1;
  return process.stdin.isTTY ? interactive(evaluate, io) : piped(evaluate, io);
}

async function ofTemplate(
  path: string,
  options: TemplateArgs,
  args: ParsedArgs,
  io: Io,
): Promise<Evaluate | undefined> {
  const { template, diagnostics, confidential = [] } = await loadTemplate(path, options);
  const secrets = new SecretMask(template?.secrets ?? []);
  if (diagnostics.length > 0) {
    const { reportDiagnostics } = await import('../ui/report.ts');
    reportDiagnostics(io, outputMode(args), sortDiagnostics(diagnostics), secrets.with(confidential));
  }
  // A console is there to try things out: a data source that cannot be read leaves its values unknown.
  if (!template || hasErrors(diagnostics.filter(one => one.code !== 'data-source-failed'))) return undefined;
  const evaluate = template.language === 'hcl2' ? hcl(path, options) : json(template.renderer, template.variables);
  return async line => {
    try {
      return secrets.mask(await evaluate(line));
    } catch (error) {
      throw new KilnError(secrets.mask(messageOf(error)), { cause: error });
    }
  };
}

function emptyTemplate(options: TemplateArgs): Evaluate {
  if (options.configType === 'hcl2') return hcl(undefined, options);
  const renderer = createRenderer({
    language: 'json',
    variables: new Map(),
    templateDir: options.cwd,
    cwd: options.cwd,
    startedAt: options.startedAt,
    version: PACKER_COMPATIBLE_VERSION,
  });
  return json(renderer, []);
}

function json(renderer: Renderer, variables: readonly VariableInfo[]): Evaluate {
  const render = (text: string): string => renderer.renderFully(text, { phase: 'run', data: {} });
  return async line => {
    if (line !== 'variables') return render(line);
    return variables
      .map(({ name, sensitive }) => `${name}: ${sensitive ? '<sensitive>' : render(`{{user \`${name}\`}}`)}`)
      .join('\n');
  };
}

function hcl(path: string | undefined, options: TemplateArgs): Evaluate {
  return async line => {
    const { consoleEvaluate } = await import('../../template/hcl/console.ts');
    return consoleEvaluate(line, path, options);
  };
}

async function interactive(evaluate: Evaluate, io: Io): Promise<number> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  let left = false;
  // As in a shell: Ctrl-C takes back what was typed; on an empty line it leaves.
  lines.on('SIGINT', () => {
    io.out('^C\n');
    if (lines.line === '') {
      left = true;
      return lines.close();
    }
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    lines.prompt();
  });
  lines.prompt();
  for await (const line of lines) {
    const text = line.trim();
    if (text === 'exit') {
      left = true;
      break;
    }
    try {
      if (text !== '') io.out(`${text === 'help' ? HELP : await evaluate(text)}\n`);
    } catch (error) {
      io.err(`error: ${messageOf(error)}\n`);
    }
    lines.prompt();
  }
  lines.close();
  // After Ctrl-D the shell's prompt gets a line of its own.
  if (!left) io.out('\n');
  return 0;
}

async function piped(evaluate: Evaluate, io: Io): Promise<number> {
  let last: string | undefined;
  let failed = false;
  for (const line of (await io.stdin()).toString('utf8').split('\n')) {
    const text = line.trim();
    if (text === 'exit') break;
    if (text === '') continue;
    try {
      last = text === 'help' ? HELP : await evaluate(text);
      failed = false;
    } catch (error) {
      io.err(`error: ${messageOf(error)}\n`);
      failed = true;
    }
  }
  if (last !== undefined) io.out(`${last}\n`);
  return failed ? 1 : 0;
}
