import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { sleep } from '../../src/sdk/async.ts';
import type { CommandResult } from '../../src/sdk/communicator.ts';
import { formatDuration } from '../../src/sdk/duration.ts';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { environmentOf, escapePowerShell, formatVariable } from '../../src/sdk/scripts/environment.ts';
import { checkExitCode } from '../../src/sdk/scripts/exit-code.ts';
import { scriptsOf } from '../../src/sdk/scripts/files.ts';
import { runShown } from '../../src/sdk/scripts/remote.ts';
import { DEFAULT_START_RETRY, retryStart } from '../../src/sdk/scripts/start-retry.ts';
import { defaultCommand, inlineWrapper, SILENCE } from './commands.ts';
import { elevatedScript } from './elevated.ts';
import type { PowershellOptions } from './schema.ts';

const TEMP = 'c:/Windows/Temp';

export async function provisionWithPowershell(options: PowershellOptions, run: ProvisionContext): Promise<void> {
  const session = new PowershellSession(options, run);
  run.ui.say('Provisioning with Powershell...');
  try {
    if (options.inline?.length) await session.runInline(options.inline);
    for (const path of scriptsOf(options)) await session.runFile(path);
  } finally {
    if (!options.skip_clean) await session.clean();
  }
  if (!options.skip_clean && options.pause_after) {
    run.ui.say(`Pausing ${formatDuration(options.pause_after)} after this provisioner...`);
    await sleep(options.pause_after, run.signal);
  }
}

class PowershellSession {
  readonly #options: PowershellOptions;
  readonly #run: ProvisionContext;
  readonly #variablePath: string;
  /** All that was uploaded, to be removed at the end. */
  readonly #uploaded = new Set<string>();

  constructor(options: PowershellOptions, run: ProvisionContext) {
    this.#options = options;
    this.#run = run;
    this.#variablePath = options.remote_env_var_path || `${TEMP}/packer-ps-env-vars-${randomUUID()}.ps1`;
  }

  async runInline(lines: readonly string[]): Promise<void> {
    this.#run.ui.say('Provisioning with powershell script: inline script');
    const rendered = lines.map(line => this.#run.render(line));
    const script = inlineWrapper(this.#options, this.#variables(), rendered);
    await this.#runScript(Buffer.from(script), 'inline.ps1', true);
  }

  async runFile(path: string): Promise<void> {
    this.#run.ui.say(`Provisioning with powershell script: ${path}`);
    const content = await readFile(path).catch(error => {
      throw new KilnError(describeFileError(path, error), { cause: error });
    });
    await this.#runScript(content, basename(path), false);
  }

  async #runScript(content: Buffer, name: string, inline: boolean): Promise<void> {
    const given = this.#options.remote_path || `${TEMP}/script-${randomUUID()}.ps1`;
    const remotePath = /[\\/]$/.test(given) ? `${given}${name}` : given;
    const timeout = this.#options.start_retry_timeout ?? DEFAULT_START_RETRY;
    const result = await retryStart(timeout, this.#run.signal, async (): Promise<CommandResult> => {
      if (!inline) await this.#upload(`${SILENCE}${this.#variables()}`, this.#variablePath);
      await this.#upload(content, remotePath);
      return runShown(this.#run, await this.#command(remotePath, inline));
    });
    checkExitCode(result, this.#options.valid_exit_codes);
  }

  async #upload(content: Buffer | string, path: string): Promise<void> {
    this.#uploaded.add(path);
    await this.#run.communicator.upload({ content }, path, { signal: this.#run.signal });
  }

  async #command(path: string, inline: boolean): Promise<string> {
    const { elevated_user: user, elevated_execute_command: elevated, execute_command: plain } = this.#options;
    const template = (user ? elevated : plain) || defaultCommand(this.#options, inline);
    const command = this.#run.render(template, { Path: path, Vars: this.#variablePath });
    if (!user) return command;
    const id = randomUUID();
    const wrapper = `${TEMP}/packer-elevated-shell-${id}.ps1`;
    const password = this.#run.render(this.#options.elevated_password ?? '');
    if (password) this.#run.secret(password);
    const name = `packer-${id}`;
    const script = elevatedScript({
      command,
      user: this.#run.render(user),
      password,
      name,
      logPath: `%SYSTEMROOT%/Temp/${name}.out`,
    });
    await this.#upload(script, wrapper);
    return `powershell -executionpolicy bypass -file "${wrapper}"`;
  }

  #variables(): string {
    const { env_var_format: plain, elevated_env_var_format: elevated, elevated_user: user } = this.#options;
    const format = (user ? elevated : plain) || '$env:%s="%s"; ';
    return environmentOf(this.#options, this.#run.build, this.#run.buildData, text => this.#run.render(text))
      .map(([name, value]) => formatVariable(format, name, escapePowerShell(value)))
      .join('');
  }

  /** Removes what was uploaded. Leftovers do not make a good image bad, so failing is only told. */
  async clean(): Promise<void> {
    if (this.#uploaded.size === 0) return;
    const list = [...this.#uploaded].map(path => `'${path.replaceAll("'", "''")}'`).join(',');
    const remove = `Remove-Item -LiteralPath ${list} -Force -ErrorAction SilentlyContinue`;
    const shell = this.#options.use_pwsh ? 'pwsh' : 'powershell';
    const signal = AbortSignal.timeout(60_000);
    try {
      await retryStart(60_000, signal, () =>
        this.#run.communicator.run(`${shell} -executionpolicy bypass -command "${remove}"`, { signal }),
      );
    } catch {
      this.#run.ui.error('the uploaded PowerShell scripts could not be removed from the machine');
    }
  }
}
