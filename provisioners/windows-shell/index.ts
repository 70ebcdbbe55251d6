import { readFile } from 'node:fs/promises';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext, Provisioner } from '../../src/sdk/plugin.ts';
import { checkEnvironment, environmentOf, formatVariable } from '../../src/sdk/scripts/environment.ts';
import { checkExitCode } from '../../src/sdk/scripts/exit-code.ts';
import { checkScripts, scriptsOf } from '../../src/sdk/scripts/files.ts';
import { runShown } from '../../src/sdk/scripts/remote.ts';
import { DEFAULT_START_RETRY, retryStart } from '../../src/sdk/scripts/start-retry.ts';
import { schema, type WindowsShellOptions } from './schema.ts';

/** Uploads batch scripts and runs them in cmd. As in Packer, the remote script stays. */
export const plugin: Provisioner<WindowsShellOptions> = {
  kind: 'provisioner',
  type: 'windows-shell',
  schema,
  prepare(options, context) {
    checkScripts(options, context);
    checkEnvironment(options, context);
    return { provision: run => provision(options, run) };
  },
};

async function provision(options: WindowsShellOptions, run: ProvisionContext): Promise<void> {
  run.ui.say('Provisioning with windows-shell...');
  if (options.inline?.length) {
    const text = `${options.inline.map(line => run.render(line)).join('\n')}\n`;
    await runScript('inline script', Buffer.from(text), options, run);
  }
  for (const path of scriptsOf(options)) {
    const content = await readFile(path).catch(error => {
      throw new KilnError(describeFileError(path, error), { cause: error });
    });
    await runScript(path, content, options, run);
  }
}

async function runScript(
  name: string,
  content: Buffer,
  options: WindowsShellOptions,
  run: ProvisionContext,
): Promise<void> {
  run.ui.say(`Provisioning with shell script: ${name}`);
  const path = options.remote_path || 'c:/Windows/Temp/script.bat';
  const format = options.env_var_format || 'set "%s=%s" && ';
  const variables = environmentOf(options, run.build, run.buildData, text => run.render(text))
    .map(([key, value]) => formatVariable(format, key, value))
    .join('');
  const command = run.render(options.execute_command || '{{.Vars}}"{{.Path}}"', { Path: path, Vars: variables });
  const result = await retryStart(options.start_retry_timeout ?? DEFAULT_START_RETRY, run.signal, async () => {
    await run.communicator.upload({ content }, path, { signal: run.signal });
    return runShown(run, command);
  });
  checkExitCode(result, options.valid_exit_codes);
}
