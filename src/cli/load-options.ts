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
  const configType = args.string('config-type')?.toLowerCase() as 'json' | 'hcl2' | undefined;
  return {
    vars: args.list('var').map(splitVar),
    varFiles: args.list('var-file'),
    only: names(args.list('only')),
    except: names(args.list('except')),
    syntaxOnly: false,
    env: io.env,
    cwd: io.cwd,
    startedAt: STARTED_AT,
    stdin: once(() => io.stdin()),
    ...(configType && { configType }),
    ...extra,
  };
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
