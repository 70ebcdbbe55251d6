import type { PrepareContext, RunContext } from '../plugin.ts';
import { checkEnvironment, environmentOf, escapeSingleQuotes, formatVariable } from './environment.ts';
import { checkExitCode } from './exit-code.ts';
import { checkScripts, scriptsOf } from './files.ts';
import type { LocalScriptOptions } from './local-options.ts';

/** Scripts that run on this host: the core of shell-local, as provisioner and as post-processor. */
export interface LocalScripts {
  /**
   * Runs all scripts in order. Throws a KilnError when one fails, or the signal's reason after its whole process group
   * is gone.
   */
  run(run: RunContext): Promise<void>;
}

/** Go's names of the operating systems that Node names otherwise. */
const SYSTEM_NAMES: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };

export function prepareLocalScripts(options: LocalScriptOptions, context: PrepareContext): LocalScripts {
  checkScripts(options, context);
  checkEnvironment(options, context);
  if (options.use_linux_pathing) {
    const inline = options.inline ? 'inline' : options.command ? 'command' : undefined;
    if (inline)
      context.error(
        [inline],
        'conflicting-options',
        `"use_linux_pathing" works with script files only, not "${inline}"`,
      );
    if (process.platform !== 'win32')
      context.warning(['use_linux_pathing'], 'no-effect', '"use_linux_pathing" has an effect on Windows only');
  }
  return { run: run => runLocalScripts(options, run) };
}

async function runLocalScripts(options: LocalScriptOptions, run: RunContext): Promise<void> {
  const system = SYSTEM_NAMES[process.platform] ?? process.platform;
  if (options.only_on?.length && !options.only_on.includes(system)) {
    run.ui.say('Skipping shell-local due to runtime OS');
    return;
  }
  const lines = options.command ? [options.command] : options.inline;
  if (!lines?.length) {
    for (const path of scriptsOf(options)) await runScript(options, run, path);
    return;
  }
  const { withInlineScript } = await import('./local-inline.ts');
  await withInlineScript(
    options,
    lines.map(line => run.render(line)),
    path => runScript(options, run, path),
  );
}

async function runScript(options: LocalScriptOptions, run: RunContext, script: string): Promise<void> {
  const [{ resolve }, { runLocalProcess }] = await Promise.all([import('node:path'), import('./local-process.ts')]);
  const path = scriptPath(resolve(script), options.use_linux_pathing ?? false);
  run.ui.say(`Running local shell script: ${script}`);
  const fields = { Vars: variables(options, run), Script: path, Command: path };
  const words = (options.execute_command?.length ? options.execute_command : defaultCommand()).map(word =>
    run.render(word, fields),
  );
  checkExitCode(await runLocalProcess(words, run), options.valid_exit_codes);
}

function defaultCommand(): readonly string[] {
  return process.platform === 'win32'
    ? ['cmd', '/V', '/C', '{{.Vars}}', 'call', '{{.Script}}']
    : ['/bin/sh', '-c', '{{.Vars}} {{.Script}}'];
}

/** `C:\x` as the Linux subsystem sees it: `/mnt/c/x`. */
function scriptPath(path: string, linux: boolean): string {
  const drive = /^([A-Za-z]):[\\/]/.exec(path);
  return linux && drive ? `/mnt/${drive[1]?.toLowerCase()}/${path.slice(3).replaceAll('\\', '/')}` : path;
}

function variables(options: LocalScriptOptions, run: RunContext): string {
  const windows = process.platform === 'win32' && !options.use_linux_pathing;
  const format = options.env_var_format || (windows ? 'set %s=%s && ' : "%s='%s' ");
  return environmentOf(options, run.build, run.buildData, text => run.render(text))
    .map(([name, value]) => formatVariable(format, name, escapeSingleQuotes(value)))
    .join('');
}
