import type { Argv, Options } from 'yargs';
import { COMMANDS } from './commands/index.ts';
import { type Flag, GLOBAL_FLAGS } from './flags.ts';

/** Help for one command, or the overview; laid out by yargs from the command tables. */
export async function helpText(command: string | undefined, columns: number): Promise<string> {
  const { default: yargs } = await import('yargs');
  const parser = yargs([])
    .scriptName('kiln')
    .version(false)
    .help(false)
    .exitProcess(false)
    .wrap(Math.min(columns, 100));
  const known = command === undefined ? undefined : COMMANDS[command];
  const text = known && command ? await commandHelp(parser, command) : await overview(parser);
  // yargs writes long options with two dashes; both forms work, and Packer's users know one.
  return `${text.replaceAll(/(^|\s)--([a-z])/gm, '$1 -$2')}\n`;
}

function overview(parser: Argv): Promise<string> {
  for (const [name, command] of Object.entries(COMMANDS))
    parser.command(`${name} ${command.args}`.trim(), command.summary);
  parser.usage('kiln bakes golden machine images from Packer templates.\n\nUsage: kiln COMMAND [flags] [arguments]');
  parser.epilogue('kiln COMMAND -help shows the flags of a command. The README shows the first bake.');
  return parser.getHelp();
}

function commandHelp(parser: Argv, name: string): Promise<string> {
  const command = COMMANDS[name];
  if (!command) return overview(parser);
  parser.usage(`${command.summary}.\n\nUsage: kiln ${name} [flags] ${command.args}`.trimEnd());
  for (const flag of [...command.flags, ...GLOBAL_FLAGS]) if (!flag.hidden) parser.option(flag.name, optionOf(flag));
  return parser.getHelp();
}

function optionOf(flag: Flag): Options {
  const type = flag.type === 'list' ? 'array' : flag.type;
  return { type, describe: flag.describe, ...(flag.choices && { choices: flag.choices }) };
}
