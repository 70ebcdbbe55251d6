import { type OptionSchema, type OptionsOf, option } from '../options.ts';
import { scriptOptions } from './options.ts';

/** Options of shell-local, the same as provisioner and as post-processor. Facts: Packer SDK 0.6.10. */
export const localScriptOptions = {
  ...scriptOptions,
  command: option.string({ note: 'A single command.', deprecated: 'use inline' }),
  execute_command: option.strings({
    note: 'The local command that runs a script, as a list of words. Fields: Vars, Script, and the build data.',
    default: ['/bin/sh', '-c', '{{.Vars}} {{.Script}}'],
    late: true,
  }),
  env_var_format: option.string({ note: 'How a variable is written for the local shell.', default: "%s='%s' " }),
  inline_shebang: option.string({ note: 'First line of an inline script, without "#!".', default: '/bin/sh -e' }),
  only_on: option.strings({
    note: 'Operating systems of this host to run on; elsewhere the step is skipped.',
    default: [],
    allowed: ['darwin', 'freebsd', 'linux', 'openbsd', 'solaris', 'windows'],
  }),
  tempfile_extension: option.string({ note: 'Extension of the file that holds an inline script.' }),
  use_linux_pathing: option.boolean({
    note: 'On Windows: give paths as the Linux subsystem sees them.',
    default: false,
  }),
} as const;

export type LocalScriptOptions = OptionsOf<typeof localScriptOptions>;

export const localScriptSchema: OptionSchema = {
  options: localScriptOptions,
  rules: [{ rule: 'exactly-one', of: ['inline', 'script', 'scripts', 'command'] }],
};
