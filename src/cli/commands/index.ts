import { COLOR_FLAG, type Flag, TEMPLATE_FLAGS } from '../flags.ts';
import type { Io } from '../io.ts';
import type { ParsedArgs } from '../parse-args.ts';

/** What a command's module exports; it is loaded only when the command runs. */
export interface CommandModule {
  /** Gives the exit code. */
  run(args: ParsedArgs, io: Io): Promise<number>;
}

export interface Command {
  readonly summary: string;
  /** The arguments, as usage shows them. */
  readonly args: string;
  readonly flags: readonly Flag[];
  /** Runs until stopped or draws on the EC2 API: leaves by process.exit when done. */
  readonly longRunning?: boolean;
  /** All words after the first argument are arguments, also those that begin with a dash. */
  readonly restIsArguments?: boolean;
  readonly subcommands?: readonly string[];
  load(): Promise<CommandModule>;
}

const flag = (name: string, type: Flag['type'], describe: string, extra: Partial<Flag> = {}): Flag => ({
  name,
  type,
  describe,
  ...extra,
});

const FMT_FLAGS: readonly Flag[] = [
  flag('check', 'boolean', 'Only check; exit code 3 when something would change.'),
  flag('diff', 'boolean', 'Show what changes.'),
  flag('write', 'boolean', 'Write the result to the files; on by default.'),
  flag('recursive', 'boolean', 'Descend into folders.'),
];

/** All commands. Packer's names and flags, and kiln's own. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  build: {
    summary: 'Bake the images of a template',
    args: 'TEMPLATE',
    longRunning: true,
    flags: [
      flag('local', 'boolean', 'Bake on the EC2 embedded in kiln: no AWS account, no network.'),
      flag('faults', 'string', 'With -local: make the embedded EC2 misbehave by this plan.', { value: 'plan' }),
      flag('force', 'boolean', 'Replace what exists: same-named AMIs, manifests.'),
      flag('on-error', 'string', 'What to do when a build fails.', {
        choices: ['cleanup', 'abort', 'ask', 'run-cleanup-provisioner', 'keep'],
      }),
      flag('parallel-builds', 'number', 'Builds at once; 0 means all.', { value: 'n' }),
      flag('debug', 'boolean', 'One build at a time, with a pause after each step.'),
      flag('timestamp-ui', 'boolean', 'Start each line with the time.'),
      COLOR_FLAG,
      ...TEMPLATE_FLAGS,
      flag('warn-on-undeclared-var', 'boolean', 'Warn about undeclared names in var-files (HCL2).'),
    ],
    load: () => import('./build.ts'),
  },
  validate: {
    summary: 'Check templates, without any network or credentials',
    args: 'TEMPLATE...',
    flags: [
      flag('syntax-only', 'boolean', 'Only check the syntax.'),
      flag('evaluate-datasources', 'boolean', 'Run the data sources (HCL2).'),
      flag('no-warn-undeclared-var', 'boolean', 'Do not warn about undeclared names in var-files (HCL2).'),
      COLOR_FLAG,
      ...TEMPLATE_FLAGS,
    ],
    load: () => import('./validate.ts'),
  },
  inspect: {
    summary: 'Show what a template contains',
    args: '[TEMPLATE]',
    flags: [COLOR_FLAG, ...TEMPLATE_FLAGS],
    load: () => import('./inspect.ts'),
  },
  fmt: {
    summary: 'Rewrite templates in the canonical layout',
    args: 'PATH...',
    flags: [...FMT_FLAGS, COLOR_FLAG, ...TEMPLATE_FLAGS],
    load: () => import('./fmt.ts'),
  },
  fix: {
    summary: 'Replace options that Packer no longer knows',
    args: 'TEMPLATE...',
    flags: [
      flag('validate', 'boolean', 'Check the result; on by default.'),
      flag('write', 'boolean', 'Write the result to the files.'),
      COLOR_FLAG,
      ...TEMPLATE_FLAGS,
    ],
    load: () => import('./fix.ts'),
  },
  hcl2_upgrade: {
    summary: 'Rewrite a JSON template in HCL2',
    args: 'TEMPLATE',
    flags: [
      flag('output-file', 'string', 'Where to write it; TEMPLATE.pkr.hcl when not given, - for standard output.', {
        value: 'path',
      }),
      flag('with-annotations', 'boolean', 'Explain each kind of block in a comment.'),
      COLOR_FLAG,
      ...TEMPLATE_FLAGS,
    ],
    load: () => import('./hcl2-upgrade.ts'),
  },
  hcl2_downgrade: {
    summary: 'Rewrite an HCL2 template in JSON, or tell why it cannot be',
    args: 'TEMPLATE',
    flags: [
      flag('output-file', 'string', 'Where to write it; TEMPLATE.json when not given, - for standard output.', {
        value: 'path',
      }),
      COLOR_FLAG,
      ...TEMPLATE_FLAGS,
    ],
    load: () => import('./hcl2-downgrade.ts'),
  },
  init: {
    summary: 'Check that the plugins an HCL2 template requires are built in',
    args: 'TEMPLATE',
    flags: [
      flag('upgrade', 'boolean', "Accepted for Packer's sake; nothing is ever downloaded."),
      flag('force', 'boolean', "Accepted for Packer's sake."),
      flag('y', 'boolean', '', { hidden: true }),
      COLOR_FLAG,
      ...TEMPLATE_FLAGS,
    ],
    load: () => import('./init.ts'),
  },
  console: {
    summary: 'Try out expressions, with the variables of a template',
    args: '[TEMPLATE]',
    flags: [COLOR_FLAG, ...TEMPLATE_FLAGS],
    load: () => import('./console.ts'),
  },
  local: {
    summary: 'Keep the embedded EC2 running, see and import its images',
    args: 'up|env|status|images|import [ROOTFS]',
    longRunning: true,
    flags: [
      flag('port', 'number', 'With up: the port to listen on.', { value: 'n' }),
      flag('faults', 'string', 'With up: make it misbehave by this plan.', { value: 'plan' }),
      flag('name', 'string', 'With import: name of the image.'),
      flag('owner', 'string', 'With import: account id or alias of its owner.'),
      flag('login-user', 'string', 'With import: the user to log in as.'),
      flag('region', 'string', 'With import: region of the image.'),
      COLOR_FLAG,
    ],
    load: () => import('./local.ts'),
  },
  resume: {
    summary: 'Go on with a build that -on-error=keep has kept',
    args: '[RUN]',
    longRunning: true,
    flags: [
      flag('on-error', 'string', 'What to do when it fails again; keep by default.', {
        choices: ['cleanup', 'abort', 'ask', 'run-cleanup-provisioner', 'keep'],
      }),
      flag('debug', 'boolean', 'Pause after each step.'),
      flag('timestamp-ui', 'boolean', 'Start each line with the time.'),
      COLOR_FLAG,
    ],
    load: () => import('./resume.ts'),
  },
  ssh: {
    summary: 'Open a shell on a kept instance, or run a command there',
    args: 'RUN [COMMAND...]',
    longRunning: true,
    restIsArguments: true,
    flags: [flag('build', 'string', 'Which build, when the run kept several.', { value: 'name' }), COLOR_FLAG],
    load: () => import('./ssh.ts'),
  },
  gc: {
    summary: 'List what runs that died have left, and remove it',
    args: '',
    longRunning: true,
    flags: [
      flag('yes', 'boolean', 'Remove without asking.'),
      flag('by-tag', 'boolean', "Look for kiln's tags in the account, not into this machine's ledgers."),
      flag('region', 'list', 'With -by-tag: the regions to look in.', { value: 'region,...' }),
      flag('older-than', 'string', 'With -by-tag: also what runs left that began this long ago.', {
        value: 'duration',
      }),
      COLOR_FLAG,
    ],
    load: () => import('./gc.ts'),
  },
  runs: {
    summary: 'List runs, or show the timeline of one',
    args: '[RUN|last]',
    flags: [COLOR_FLAG],
    load: () => import('./runs.ts'),
  },
  schema: {
    summary: 'Print the JSON Schema of a plugin type, or of templates',
    args: '[TYPE]',
    flags: [COLOR_FLAG],
    load: () => import('./schema.ts'),
  },
  plugins: {
    summary: 'Tell which plugins are built in',
    args: 'installed | install SOURCE',
    flags: [COLOR_FLAG],
    load: () => import('./plugins.ts'),
  },
  completion: {
    summary: 'Print a shell completion script',
    args: '',
    flags: [COLOR_FLAG],
    load: () => import('./completion.ts'),
  },
  version: { summary: 'Show the version', args: '', flags: [COLOR_FLAG], load: () => import('./version.ts') },
  help: { summary: 'Show help', args: '[COMMAND]', flags: [COLOR_FLAG], load: () => import('./help.ts') },
};
