import { option, type Rule } from '../options.ts';

/** What shell, shell-local, powershell and windows-shell have in common. Facts: Packer SDK 0.6.10. */
export const scriptOptions = {
  inline: option.strings({ note: 'Lines of one script, rendered when it runs.' }),
  script: option.string({ note: 'Path of a script on this host.' }),
  scripts: option.strings({ note: 'Paths of several scripts, run in order.' }),
  environment_vars: option.strings({ note: 'Variables as KEY=VALUE.' }),
  env: option.map({ note: 'Variables by name; wins over environment_vars.' }),
  valid_exit_codes: option.integers({ note: 'Exit codes that count as success.', default: [0], keepEmpty: true }),
} as const;

export const scriptRule: Rule = { rule: 'exactly-one', of: ['inline', 'script', 'scripts'] };
