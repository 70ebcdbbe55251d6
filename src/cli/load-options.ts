import type { Invocation } from '../engine/kept-run.ts';
import { describeFileError, KilnError } from '../sdk/errors.ts';
import type { LoadOptions } from '../template/model.ts';
import type { Io } from './io.ts';
import { type ParsedArgs, UsageError } from './parse-args.ts';

export interface TemplateArgs extends LoadOptions {
  readonly configType?: 'json' | 'hcl2';
  readonly stdin: () => Promise<Buffer>;
  /** HCL2: tell of names in var-files that the template does not declare. */
  readonly warnUndeclared?: boolean;
}

/** One instant for `timestamp` and `isotime` in all templates of the process. */
const STARTED_AT = new Date();

/** What the template flags say, in the form that loading wants. Throws UsageError. */
export function loadOptions(args: ParsedArgs, io: Io, extra: Partial<TemplateArgs> = {}): TemplateArgs {
  return replayedOptions(invocationOf('-', args, io), io, extra);
}

/** How a build was asked for, to be stored for `kiln resume`. Throws UsageError. */
export function invocationOf(template: string, args: ParsedArgs, io: Io): Invocation {
  const configType = args.string('config-type')?.toLowerCase() as 'json' | 'hcl2' | undefined;
  return {
    template,
    cwd: io.cwd,
    vars: args.list('var').map(splitVar),
    varFiles: args.list('var-file'),
    only: names(args.list('only')),
    except: names(args.list('except')),
    force: args.boolean('force') === true,
    local: args.boolean('local') === true,
    ...(configType && { configType }),
  };
}

/** The same, of an invocation of now or of another day. */
export function replayedOptions(invocation: Invocation, io: Io, extra: Partial<TemplateArgs> = {}): TemplateArgs {
  const { vars, varFiles, only, except, configType } = invocation;
  return {
    vars,
    varFiles,
    only,
    except,
    syntaxOnly: false,
    env: io.env,
    cwd: io.cwd,
    startedAt: STARTED_AT,
    stdin: once(() => io.stdin()),
    ...(configType && { configType }),
    ...extra,
  };
}

/** Goes to the folder of an invocation: scripts and var-files are relative to it. Throws KilnError. */
export function enterFolder(cwd: string, io: Io): Io {
  try {
    process.chdir(cwd);
  } catch (error) {
    throw new KilnError(`the folder the build was started in cannot be entered: ${describeFileError(cwd, error)}`, {
      cause: error,
      hint: 'scripts of the template are relative to it; put it back, or remove the instance with "kiln gc"',
    });
  }
  return { ...io, cwd };
}

function splitVar(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError(`-var takes key=value, not "${text}"`, `write -var '${text || 'key'}=value'`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function names(values: readonly string[]): string[] {
  return values
    .flatMap(value => value.split(','))
    .map(name => name.trim())
    .filter(name => name !== '');
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= read();
    return result;
  };
}
