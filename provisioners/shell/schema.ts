import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';
import { scriptOptions, scriptRule } from '../../src/sdk/scripts/options.ts';

export const shellOptions = {
  ...scriptOptions,
  execute_command: option.string({
    note: 'The remote command that runs a script. Fields: Path, Vars, EnvVarFile, and the build data.',
    default: 'chmod +x {{.Path}}; {{.Vars}} {{.Path}}',
    late: true,
  }),
  env_var_format: option.string({ note: 'How a variable is written for the remote shell.', default: "%s='%s' " }),
  use_env_var_file: option.boolean({
    note: 'Put the variables into a file that is sourced, instead of into the command.',
    default: false,
  }),
  inline_shebang: option.string({ note: 'First line of an inline script, without "#!".', default: '/bin/sh -e' }),
  binary: option.boolean({ note: 'Upload scripts as they are, without changing CRLF to LF.', default: false }),
  remote_folder: option.string({ note: 'Remote folder for scripts.', default: '/tmp' }),
  remote_file: option.string({ note: 'Remote file name of the script.', default: 'script_RANDOM.sh' }),
  remote_path: option.string({ note: 'Remote path of the script; overrides remote_folder and remote_file.' }),
  start_retry_timeout: option.duration({
    note: 'How long to try to upload and start a script while the machine cannot be reached.',
    default: '5m',
  }),
  expect_disconnect: option.boolean({
    note: 'A lost connection while a script runs is fine, e.g. because it reboots the machine.',
    default: false,
  }),
  pause_after: option.duration({ note: 'Wait this long after the last script.', default: '0s' }),
  skip_clean: option.boolean({ note: 'Leave the scripts on the machine.', default: false }),
} as const;

export type ShellOptions = OptionsOf<typeof shellOptions>;

export const schema: OptionSchema = { options: shellOptions, rules: [scriptRule] };
