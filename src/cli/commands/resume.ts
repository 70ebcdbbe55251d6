import { withFileLock } from '../../sdk/file-lock.ts';
import type { OnError } from '../../sdk/plugin.ts';
import { bake } from '../bake.ts';
import type { Io } from '../io.ts';
import { findKeptRun, refreshed } from '../kept.ts';
import { enterFolder } from '../load-options.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { reportFailure } from '../ui/report.ts';

/** Goes on with a run that -on-error=keep has kept: the named one, or the last. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [wanted, ...more] = args.positionals;
  if (more.length > 0) throw new UsageError('resume takes one run', 'write kiln resume RUN; "kiln runs" lists them');
  const mode = outputMode(args);
  const found = findKeptRun(io, wanted, message => reportFailure(io, mode, message));
  const { undoResource } = await import('../../aws/undo.ts');
  // Two that go on with one machine would tread on each other's feet.
  return withFileLock(`${found.run.path}.lock`, { timeout: 0 }, async () => {
    const { run: recorded, kept } = refreshed(found);
    return bake(
      {
        invocation: kept.invocation,
        onError: (args.string('on-error')?.toLowerCase() ?? 'keep') as OnError,
        debug: args.boolean('debug') === true,
        parallel: 0,
        warnUndeclared: false,
        resume: { run: recorded, kept, undo: undoResource },
      },
      mode,
      enterFolder(kept.invocation.cwd, io),
    );
  });
}
