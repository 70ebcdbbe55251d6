import { didYouMean } from '../sdk/suggest.ts';
import type { Flag } from './flags.ts';

export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/** Flag values by name, typed by their table. */
export interface ParsedArgs {
  readonly positionals: readonly string[];
  /** True or false as given, else undefined. */
  boolean(name: string): boolean | undefined;
  string(name: string): string | undefined;
  number(name: string): number | undefined;
  /** Every value in the order given, not split at commas. */
  list(name: string): readonly string[];
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * Parses a command line by Packer's rules (one dash or two, `=` or the next word), with one departure: flags may also
 * stand after the arguments. A lone `-` is an argument; after `--` all are. Throws UsageError.
 */
export function parseArgs(argv: readonly string[], flags: readonly Flag[]): ParsedArgs {
  const byName = new Map(flags.map(flag => [flag.name, flag]));
  const values = new Map<string, (string | boolean)[]>();
  const positionals: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') {
      positionals.push(...argv.slice(index + 1));
      break;
    }
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word);
    if (!match) {
      if (word === '') throw new UsageError('an argument is empty', 'is a variable of your shell not set?');
      positionals.push(word);
      continue;
    }
    const name = match[1] === 'h' ? 'help' : (match[1] ?? '');
    const flag = byName.get(name);
    if (!flag) {
      const names = flags.filter(one => !one.hidden).map(one => one.name);
      const { hint } = didYouMean(name, names);
      throw new UsageError(
        `unknown flag -${name}`,
        hint?.replaceAll('"', '').replace('did you mean ', 'did you mean -'),
      );
    }
    const given = values.get(name) ?? [];
    values.set(name, given);
    if (flag.type === 'boolean') given.push(booleanOf(name, match[2]));
    else if (match[2] !== undefined) given.push(checked(flag, match[2]));
    else if (index + 1 < argv.length) given.push(checked(flag, argv[++index] ?? ''));
    else throw new UsageError(`flag -${name} needs a value`, `write -${name}=${flag.value ?? 'value'}`);
  }
  const last = (name: string): string | boolean | undefined => values.get(name)?.at(-1);
  return {
    positionals,
    boolean: name => last(name) as boolean | undefined,
    string: name => last(name) as string | undefined,
    number: name => (last(name) === undefined ? undefined : Number(last(name))),
    list: name => (values.get(name) ?? []) as string[],
  };
}

function booleanOf(name: string, text: string | undefined): boolean {
  if (text === undefined || TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new UsageError(`flag -${name} takes true or false, not "${text}"`);
}

function checked(flag: Flag, text: string): string {
  if (flag.type === 'number' && !/^-?\d+$/.test(text))
    throw new UsageError(`flag -${flag.name} takes a whole number, not "${text}"`);
  if (flag.choices && !flag.choices.includes(text.toLowerCase())) {
    throw new UsageError(
      `flag -${flag.name} takes ${flag.choices.join(', ')}; not "${text}"`,
      didYouMean(text, flag.choices).hint,
    );
  }
  return text;
}

/** Puts `--` behind the first argument, so that all that follows counts as arguments too. */
export function restAsArguments(argv: readonly string[], flags: readonly Flag[]): string[] {
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    const name = /^--?([^-=][^=]*)$/.exec(word)?.[1];
    const flag = flags.find(one => one.name === name);
    if (flag && flag.type !== 'boolean') index += 1;
    else if (!/^--?[^-=]/.test(word)) {
      const rest = argv.slice(index + 1);
      return [...argv.slice(0, index + 1), ...(rest[0] === '--' ? [] : ['--']), ...rest];
    }
  }
  return [...argv];
}
