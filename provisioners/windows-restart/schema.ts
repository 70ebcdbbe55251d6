import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

export const REGISTRY_KEYS: readonly string[] = [
  'HKLM:SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending',
  'HKLM:SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\PackagesPending',
  'HKLM:Software\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootInProgress',
];

export const windowsRestartOptions = {
  restart_command: option.string({
    note: 'The command that restarts the machine.',
    default: 'shutdown /r /f /t 0 /c "packer restart"',
  }),
  restart_check_command: option.string({
    note: 'A command that succeeds once the machine is back.',
    default: 'a PowerShell command that prints "HOSTNAME restarted."',
  }),
  restart_timeout: option.duration({ note: 'How long the restart may take.', default: '5m' }),
  check_registry: option.boolean({ note: 'Wait until no registry key tells of a pending restart.', default: false }),
  registry_keys: option.strings({ note: 'The registry keys to look at.', default: REGISTRY_KEYS }),
} as const;

export type WindowsRestartOptions = OptionsOf<typeof windowsRestartOptions>;

export const schema: OptionSchema = { options: windowsRestartOptions };
