/** One flag of a command. Written `-name`, `--name`, `-name=value` or `-name value`, before or after the arguments. */
export interface Flag {
  readonly name: string;
  readonly type: 'boolean' | 'string' | 'number' | 'list';
  readonly describe: string;
  readonly choices?: readonly string[];
  /** How the value is called in help. */
  readonly value?: string;
  /** Accepted for compatibility, without effect; not shown in help. */
  readonly hidden?: boolean;
}

export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: 'machine-readable', type: 'boolean', describe: "Print events in Packer's machine-readable format." },
  { name: 'json', type: 'boolean', describe: 'Print events and findings as JSON, one object a line.' },
  { name: 'help', type: 'boolean', describe: 'Show help.' },
];

export const TEMPLATE_FLAGS: readonly Flag[] = [
  { name: 'only', type: 'list', value: 'name,...', describe: 'Only the builds of these names.' },
  {
    name: 'except',
    type: 'list',
    value: 'name,...',
    describe: 'All builds but these; also leaves out post-processors of these names.',
  },
  { name: 'var', type: 'list', value: 'key=value', describe: 'Set a variable; may be repeated.' },
  { name: 'var-file', type: 'list', value: 'path', describe: 'Read variables from a file; may be repeated.' },
  {
    name: 'config-type',
    type: 'string',
    choices: ['json', 'hcl2'],
    describe: 'Language of a template whose name does not tell.',
  },
  // Packer's switches for what kiln does not have: plugins binaries, HCP.
  { name: 'ignore-prerelease-plugins', type: 'boolean', describe: '', hidden: true },
  { name: 'use-sequential-evaluation', type: 'boolean', describe: '', hidden: true },
  { name: 'skip-enforcement', type: 'boolean', describe: '', hidden: true },
];

export const COLOR_FLAG: Flag = {
  name: 'color',
  type: 'boolean',
  describe: 'Colour the output; on by default on a terminal.',
};
