import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';
import { scriptOptions, scriptRule } from '../../src/sdk/scripts/options.ts';

export const powershellOptions = {
  ...scriptOptions,
  env_var_format: option.string({ note: 'How a variable is written.', default: '$env:%s="%s"; ' }),
  elevated_env_var_format: option.string({
    note: 'How a variable is written for an elevated script.',
    default: '$env:%s="%s"; ',
  }),
  binary: option.boolean({ note: 'Accepted without effect, as in Packer.', default: false }),
  remote_path: option.string({
    note: 'Remote path of the script; ending in a separator it is a folder.',
    default: 'c:/Windows/Temp/script-UUID.ps1',
  }),
  remote_env_var_path: option.string({
    note: 'Remote path of the script that sets the variables.',
    default: 'c:/Windows/Temp/packer-ps-env-vars-UUID.ps1',
  }),
  execute_command: option.string({
    note: 'The remote command that runs a script. Fields: Path, Vars, and the build data.',
    late: true,
  }),
  elevated_execute_command: option.string({
    note: 'The same for elevated scripts.',
    late: true,
  }),
  elevated_user: option.string({ note: 'Run as this user, by way of a scheduled task.' }),
  elevated_password: option.string({
    note: 'Its password; empty for service accounts such as SYSTEM. Needs elevated_user.',
    secret: true,
  }),
  execution_policy: option.string({
    note: 'PowerShell execution policy, by name or by number from 0 to 7.',
    default: 'bypass',
    pattern: '^([0-7]|bypass|allsigned|default|remotesigned|restricted|undefined|unrestricted|none)$',
  }),
  debug_mode: option.integer({ note: 'Level of Set-PsDebug -Trace.', default: 0, min: 0, max: 2 }),
  use_pwsh: option.boolean({ note: 'Run pwsh (PowerShell 7) instead of powershell.', default: false }),
  skip_clean: option.boolean({
    note: 'Leave the scripts on the machine; pause_after is then skipped too.',
    default: false,
  }),
  start_retry_timeout: option.duration({
    note: 'How long to try to upload and start a script while the machine cannot be reached.',
    default: '5m',
  }),
  pause_after: option.duration({ note: 'Wait this long after the last script.', default: '0s' }),
} as const;

export type PowershellOptions = OptionsOf<typeof powershellOptions>;

export const schema: OptionSchema = {
  options: powershellOptions,
  rules: [scriptRule, { rule: 'requires', if: 'elevated_password', all: ['elevated_user'] }],
};
