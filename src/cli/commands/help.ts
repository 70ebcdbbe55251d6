import { helpText } from '../help-text.ts';
import type { Io } from '../io.ts';
import type { ParsedArgs } from '../parse-args.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  io.out(await helpText(args.positionals[0], io.columns));
  return 0;
}
