import { sleep, withDeadline } from '../../src/sdk/async.ts';
import { formatDuration } from '../../src/sdk/duration.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext, Provisioner } from '../../src/sdk/plugin.ts';
import { isConnectionFailure } from '../../src/sdk/scripts/connection-failure.ts';
import { exitCodeOf } from '../../src/sdk/scripts/exit-code.ts';
import { outputOf, runShown } from '../../src/sdk/scripts/remote.ts';
import { retryStart } from '../../src/sdk/scripts/start-retry.ts';
import { REGISTRY_KEYS, schema, type WindowsRestartOptions } from './schema.ts';

const RESTART = 'shutdown /r /f /t 0 /c "packer restart"';
/** A restart that is refused tells that one is under way already. */
const PROBE = 'shutdown /r /f /t 60 /c "packer restart test"';
const ABORT_PROBE = 'shutdown /a';
/** Windows' codes: a shutdown is in progress; one was scheduled already; one is being aborted. */
const RESTARTING = [1115, 1190, 1717];
const PROBE_WAIT = 10_000;
const CHECK_WAIT = 5000;

/** Restarts a Windows machine and waits until it is back. */
export const plugin: Provisioner<WindowsRestartOptions> = {
  kind: 'provisioner',
  type: 'windows-restart',
  schema,
  prepare: options => ({
    provision: async run => {
      const timeout = options.restart_timeout ?? 5 * 60_000;
      const tooLong = (): KilnError =>
        new KilnError('Timeout waiting for machine to restart.', {
          hint: `it took longer than ${formatDuration(timeout)}: raise restart_timeout`,
        });
      run.ui.say('Restarting Machine');
      const result = await retryStart(timeout, run.signal, () => runShown(run, options.restart_command || RESTART));
      const code = exitCodeOf(result);
      if (result.kind !== 'disconnect' && ![0, 1115, 1190].includes(code))
        throw new KilnError(`the restart command ended with exit status ${code}`);
      await withDeadline(timeout, run.signal, tooLong, signal => waitForRestart(options, { ...run, signal }));
    },
  }),
};

async function waitForRestart(options: WindowsRestartOptions, run: ProvisionContext): Promise<void> {
  run.ui.say('Waiting for machine to restart...');
  await untilGone(run);
  await untilBack(options, run);
  run.ui.say('Machine successfully restarted, moving on');
}

/** Until the machine refuses to talk, which is when it really goes down. */
async function untilGone(run: ProvisionContext): Promise<void> {
  for (;;) {
    const code = await quietCode(run, PROBE);
    if (code === undefined || code === 1) return;
    if (code === 0) {
      await quietCode(run, ABORT_PROBE);
      return;
    }
    if (!RESTARTING.includes(code)) return;
    await sleep(PROBE_WAIT, run.signal);
  }
}

async function untilBack(options: WindowsRestartOptions, run: ProvisionContext): Promise<void> {
  let custom = options.restart_check_command;
  for (;;) {
    if (custom && (await quietCode(run, custom)) === 0) custom = undefined;
    if (!custom && (await isBack(run)) && !(await restartPending(options, run))) return;
    await sleep(CHECK_WAIT, run.signal);
  }
}

async function isBack(run: ProvisionContext): Promise<boolean> {
  const text = await quietOutput(run, encoded('echo ("{0} restarted." -f [Environment]::MachineName)'));
  return text.includes('restarted.');
}

async function restartPending(options: WindowsRestartOptions, run: ProvisionContext): Promise<boolean> {
  if (!options.check_registry) return false;
  for (const key of options.registry_keys?.length ? options.registry_keys : REGISTRY_KEYS) {
    if ((await quietOutput(run, encoded(`Test-Path "${key}"`))).includes('True')) return true;
  }
  return false;
}

/** PowerShell's own way to pass a command through any shell unharmed. */
function encoded(command: string): string {
  const text = `$ProgressPreference = 'SilentlyContinue'; ${command}`;
  return `powershell -executionpolicy bypass -encodedCommand ${Buffer.from(text, 'utf16le').toString('base64')}`;
}

/** The exit code, or undefined when the machine did not answer. */
async function quietCode(run: ProvisionContext, command: string): Promise<number | undefined> {
  try {
    const result = await run.communicator.run(command, { signal: run.signal });
    return result.kind === 'disconnect' ? undefined : exitCodeOf(result);
  } catch (error) {
    if (isConnectionFailure(error)) return undefined;
    throw error;
  }
}

async function quietOutput(run: ProvisionContext, command: string): Promise<string> {
  try {
    return (await outputOf(run, command)).text;
  } catch (error) {
    if (isConnectionFailure(error)) return '';
    throw error;
  }
}
