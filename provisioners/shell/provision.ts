import { readFile } from 'node:fs/promises';
import { sleep } from '../../src/sdk/async.ts';
import { DISCONNECT_EXIT_CODE } from '../../src/sdk/communicator.ts';
import { formatDuration } from '../../src/sdk/duration.ts';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { connectionFailure, isConnectionFailure } from '../../src/sdk/scripts/connection-failure.ts';
import { environmentOf, escapeSingleQuotes, formatVariable } from '../../src/sdk/scripts/environment.ts';
import { checkExitCode } from '../../src/sdk/scripts/exit-code.ts';
import { scriptsOf } from '../../src/sdk/scripts/files.ts';
import { randomDigits, runShown, tidyUp } from '../../src/sdk/scripts/remote.ts';
import { DEFAULT_START_RETRY, retryStart } from '../../src/sdk/scripts/start-retry.ts';
import { unixLines } from '../../src/sdk/scripts/text.ts';
import type { ShellOptions } from './schema.ts';

/** A machine that is going down for a reboot may still accept a connection; it soon does not. */
const REBOOT_HEAD_START = 1000;

interface Script {
  /** How the user is told which one it is. */
  readonly name: string;
  read(): Promise<Buffer>;
}

export async function provisionWithShell(options: ShellOptions, run: ProvisionContext): Promise<void> {
  const shell = new Shell(options, run);
  const script = inlineScript(options, run);
  for (const one of script ? [script] : scriptsOf(options).map(path => scriptFile(path, options.binary ?? false))) {
    await shell.runScript(one);
  }
  if (options.pause_after) {
    run.ui.say(`Pausing ${formatDuration(options.pause_after)} after this provisioner...`);
    await sleep(options.pause_after, run.signal);
  }
}

function scriptFile(path: string, binary: boolean): Script {
  return {
    name: path,
    read: async () => {
      try {
        const text = await readFile(path);
        return binary ? text : unixLines(text);
      } catch (error) {
        throw new KilnError(describeFileError(path, error), { cause: error });
      }
    },
  };
}

/** All inline lines as one script, so that they share a shell. Each line is rendered with the run-time data. */
function inlineScript(options: ShellOptions, run: ProvisionContext): Script | undefined {
  if (!options.inline?.length) return undefined;
  const lines = options.inline.map(line => run.render(line));
  // A first line that brings its own interpreter is left alone unless the user set inline_shebang.
  if (options.inline_shebang || !lines[0]?.startsWith('#!'))
    lines.unshift(`#!${options.inline_shebang || '/bin/sh -e'}`);
  const text = Buffer.from(`${lines.join('\n')}\n`);
  return { name: 'inline script', read: async () => (options.binary ? text : unixLines(text)) };
}

class Shell {
  readonly #options: ShellOptions;
  readonly #run: ProvisionContext;
  /** Unique per build and provisioner, so that builds which share a machine or an image never meet. */
  readonly #remotePath: string;
  readonly #variableFile: string;
  readonly #patience: number;

  constructor(options: ShellOptions, run: ProvisionContext) {
    const folder = options.remote_folder || '/tmp';
    this.#options = options;
    this.#run = run;
    this.#remotePath = options.remote_path || `${folder}/${options.remote_file || `script_${randomDigits(12)}.sh`}`;
    this.#variableFile = `${folder}/varfile_${randomDigits(12)}.sh`;
    this.#patience = options.start_retry_timeout ?? DEFAULT_START_RETRY;
  }

  async runScript(script: Script): Promise<void> {
    const { ui } = this.#run;
    ui.say(`Provisioning with shell script: ${script.name}`);
    const content = await script.read();
    let result: Awaited<ReturnType<typeof runShown>>;
    try {
      result = await retryStart(this.#patience, this.#run.signal, () => this.#start(content));
      this.#judge(result);
    } catch (error) {
      if (!this.#options.skip_clean && !isConnectionFailure(error)) await tidyUp(this.#run, this.#removeCommand());
      throw error;
    }
    if (this.#options.skip_clean) return;
    if (result.kind === 'disconnect') await sleep(REBOOT_HEAD_START, this.#run.signal);
    await retryStart(this.#patience, this.#run.signal, () => this.#clean());
  }

  async #start(content: Buffer): Promise<Awaited<ReturnType<typeof runShown>>> {
    const { communicator, signal } = this.#run;
    const variables = this.#variables();
    if (this.#options.use_env_var_file) {
      await communicator.upload({ content: variables }, this.#variableFile, { signal, mode: 0o600 });
      await communicator.run(`chmod 0600 ${this.#variableFile}`, { signal });
    }
    await communicator.upload({ content }, this.#remotePath, { signal, mode: 0o755 });
    // As Packer does, whatever it says: the file may belong to somebody else.
    const marked = await communicator.run(`chmod 0755 ${this.#remotePath}`, { signal });
    if (marked.kind === 'disconnect') throw connectionFailure('the connection was lost before the script was started');
    return runShown(this.#run, this.#command(variables));
  }

  #command(variables: string): string {
    const fallback = this.#options.use_env_var_file
      ? 'chmod +x {{.Path}}; . {{.EnvVarFile}} && {{.Path}}'
      : 'chmod +x {{.Path}}; {{.Vars}} {{.Path}}';
    return this.#run.render(this.#options.execute_command || fallback, {
      Path: this.#remotePath,
      Vars: variables,
      EnvVarFile: this.#options.use_env_var_file ? this.#variableFile : '',
    });
  }

  #variables(): string {
    const format = this.#options.env_var_format || (this.#options.use_env_var_file ? "export %s='%s'\n" : "%s='%s' ");
    return environmentOf(this.#options, this.#run.build, this.#run.buildData, text => this.#run.render(text))
      .map(([name, value]) => formatVariable(format, name, escapeSingleQuotes(value)))
      .join('');
  }

  #judge(result: Awaited<ReturnType<typeof runShown>>): void {
    const allowed = this.#options.valid_exit_codes ?? [0];
    if (result.kind !== 'disconnect') {
      checkExitCode(result, allowed);
      return;
    }
    if (this.#options.expect_disconnect || allowed.includes(DISCONNECT_EXIT_CODE)) return;
    throw new KilnError('the connection to the machine was lost while the script ran', {
      code: 'script-disconnected',
      hint: `if the script is meant to cut it, e.g. by a reboot, set "expect_disconnect": true, or "valid_exit_codes": [0, ${DISCONNECT_EXIT_CODE}]`,
    });
  }

  async #clean(): Promise<void> {
    const result = await this.#run.communicator.run(this.#removeCommand(), { signal: this.#run.signal });
    if (result.kind === 'disconnect') throw connectionFailure('the connection was lost while the script was removed');
    if (result.kind === 'exit' && result.code === 0) return;
    throw new KilnError(`the script could not be removed: "${this.#removeCommand()}" failed on the machine`, {
      hint: 'set "skip_clean": true when it is to stay or removes itself',
    });
  }

  #removeCommand(): string {
    const files = [this.#remotePath, ...(this.#options.use_env_var_file ? [this.#variableFile] : [])];
    return `rm -f ${files.join(' ')}`;
  }
}
