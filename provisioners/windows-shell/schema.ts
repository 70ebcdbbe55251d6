import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';
import { scriptOptions, scriptRule } from '../../src/sdk/scripts/options.ts';

export const windowsShellOptions = {
  ...scriptOptions,
  env_var_format: option.string({ note: 'How a variable is written.', default: 'set "%s=%s" && ' }),
  binary: option.boolean({ note: 'Accepted without effect, as in Packer.', default: false }),
  remote_path: option.string({ note: 'Remote path of the script.', default: 'c:/Windows/Temp/script.bat' }),
  execute_command: option.string({
    note: 'The remote command that runs a script. Fields: Path, Vars.',
    default: '{{.Vars}}"{{.Path}}"',
    late: true,
  }),
  start_retry_timeout: option.duration({
    note: 'How long to try to upload and start a script while the machine cannot be reached.',
    default: '5m',
  }),
} as const;

export type WindowsShellOptions = OptionsOf<typeof windowsShellOptions>;

export const schema: OptionSchema = { options: windowsShellOptions, rules: [scriptRule] };
