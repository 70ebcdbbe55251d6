import type { OnError } from '../../sdk/plugin.ts';
import { bake } from '../bake.ts';
import type { Io } from '../io.ts';
import { invocationOf } from '../load-options.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [path, ...more] = args.positionals;
  if (path === undefined || more.length > 0)
    throw new UsageError(`build takes one template, not ${args.positionals.length}`, 'write kiln build template.json');
  if (args.string('faults') !== undefined && !args.boolean('local'))
    throw new UsageError('-faults goes with -local: only the embedded EC2 misbehaves on demand');
  const onError = (args.string('on-error')?.toLowerCase() ?? 'cleanup') as OnError;
  if (onError === 'keep' && path === '-')
    throw new UsageError(
      '-on-error=keep needs a template in a file: what is kept is resumed with the template as it then is',
    );
  return bake(
    {
      invocation: invocationOf(path, args, io),
      onError,
      debug: args.boolean('debug') === true,
      parallel: args.number('parallel-builds') ?? 0,
      warnUndeclared: args.boolean('warn-on-undeclared-var') === true,
      faults: args.string('faults'),
    },
    outputMode(args),
    io,
  );
}
