import { builtInPlugins, builtInSources } from '../built-in-plugins.ts';
import type { Io } from '../io.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';

/** Packer's plugin management, for scripts that call it: everything is built in, so there is nothing to manage. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [action = '', source] = args.positionals;
  switch (action) {
    case 'installed':
      for (const one of builtInSources) io.out(`${one} (built in: ${builtInPlugins(one)?.join(', ')})\n`);
      return 0;
    case 'install':
      if (source !== undefined && builtInPlugins(source)) {
        io.out(`${source} is built in: there is nothing to install.\n`);
        return 0;
      }
      io.err(`error: plugin "${source ?? ''}" is not built into kiln, and kiln loads no plugin binaries\n`);
      return 1;
    default:
      throw new UsageError('plugins takes "installed" or "install SOURCE"', 'for a template: kiln init TEMPLATE');
  }
}
