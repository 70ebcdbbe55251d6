import { FunctionError } from './contract.ts';
import { patternProgram, type Step } from './pattern-program.ts';
import { complement, escapeInClass, PERL, POSIX } from './re2-classes.ts';

export interface Pattern {
  readonly program: readonly Step[];
  /** Names of the groups in order; undefined for unnamed ones. */
  readonly groups: readonly (string | undefined)[];
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
}

const cache = new Map<string, Pattern>();

/**
 * Compiles a pattern in RE2's syntax, which is Go's: translated into JavaScript's, which tells what is wrong with it, and that
 * into a program, as JavaScript's own search may take for ever. Throws a FunctionError for bad ones.
 */
export function compilePattern(pattern: string, argument: number): Pattern {
  const known = cache.get(pattern);
  if (known) return known;
  const translator = new Translator(pattern, argument);
  const compiled = translator.compile();
  if (cache.size > 500) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}

class Translator {
  private readonly pattern: string;
  private readonly argument: number;
  private at = 0;
  private flags: Flags = { i: false, m: false, s: false, U: false };
  private readonly groups: (string | undefined)[] = [];

  constructor(pattern: string, argument: number) {
    this.pattern = pattern;
    this.argument = argument;
  }

  compile(): Pattern {
    const source = this.sequence(0);
    if (this.at < this.pattern.length) this.fail('")" has no "(" before it');
    try {
      new RegExp(source, 'u');
      return { program: patternProgram(source), groups: this.groups };
    } catch (error) {
      return this.fail(error instanceof Error ? error.message.replace(/^.*: /, '') : 'it cannot be read');
    }
  }

  private fail(why: string): never {
    throw new FunctionError(
      `the pattern ${JSON.stringify(this.pattern)} is not valid: ${why}`,
      this.argument,
      'patterns are written in the syntax of RE2',
    );
  }

  private sequence(depth: number): string {
    if (depth > 200) this.fail('it is nested too deeply');
    let source = '';
    while (this.at < this.pattern.length && this.pattern.charAt(this.at) !== ')') source += this.piece(depth);
    return source;
  }

  private piece(depth: number): string {
    const char = String.fromCodePoint(this.pattern.codePointAt(this.at) ?? 0);
    this.at += char.length;
    switch (char) {
      case '(':
        return this.group(depth);
      case '[':
        return this.class();
      case '\\':
        return this.escape();
      case '.':
        return this.flags.s ? '[^]' : '[^\\n]';
      case '^':
        return this.flags.m ? '(?<![^\\n])' : '^';
      case '$':
        return this.flags.m ? '(?![^\\n])' : '(?![^])';
      case '*':
      case '+':
      case '?':
        return char + this.greed();
      case '{':
        return this.counted();
      case '}':
      case ']':
        return `\\${char}`;
      case '/':
        return '\\/';
      default:
        return char === '|' ? char : this.literal(char);
    }
  }

  /** The mark after a quantifier; with the flag U greedy and lazy change places. */
  private greed(): string {
    const marked = this.pattern.charAt(this.at) === '?';
    if (marked) this.at++;
    return marked !== this.flags.U ? '?' : '';
  }

  private counted(): string {
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.pattern.slice(this.at - 1));
    if (!found) return '\\{';
    if (Number(found[1]) > 1000 || Number(found[3] ?? 0) > 1000) this.fail('it repeats more than 1000 times');
    this.at += found[0].length - 1;
    return found[0] + this.greed();
  }

  private literal(char: string): string {
    const escaped = /[\^$.*+?()[\]{}|/\\]/.test(char) ? `\\${char}` : char;
    if (!this.flags.i) return escaped;
    const [lower, upper] = [char.toLowerCase(), char.toUpperCase()];
    return lower === upper
      ? escaped
      : `[${lower.length === char.length ? lower : ''}${char}${upper.length === char.length ? upper : ''}]`;
  }

  private group(depth: number): string {
    const before = this.flags;
    const rest = this.pattern.slice(this.at);
    const named = /^\?P?<([A-Za-z_]\w*)>/.exec(rest);
    const flagged = /^\?([imsU]*)(?:-([imsU]*))?([:)])/.exec(rest);
    let open = '(';
    if (named) {
      if (this.groups.includes(named[1])) this.fail(`two groups are named ${named[1] ?? ''}`);
      this.groups.push(named[1]);
      this.at += named[0].length;
    } else if (flagged) {
      this.at += flagged[0].length;
      this.setFlags(flagged[1] ?? '', flagged[2] ?? '');
      if (flagged[3] === ')') return '';
      open = '(?:';
    } else if (rest.startsWith('?'))
      this.fail(`RE2 knows no "(${rest.slice(0, 3)}": there are no look-arounds and no conditions`);
    else this.groups.push(undefined);
    const inner = this.sequence(depth + 1);
    if (this.pattern.charAt(this.at) !== ')') this.fail('"(" is not closed');
    this.at++;
    this.flags = before;
    return `${open}${inner})`;
  }

  private setFlags(on: string, off: string): void {
    const value = (flag: keyof Flags): boolean =>
      on.includes(flag) ? true : off.includes(flag) ? false : this.flags[flag];
    this.flags = { i: value('i'), m: value('m'), s: value('s'), U: value('U') };
  }

  private escape(): string {
    const char = this.pattern.charAt(this.at++);
    if (char === '') this.fail('it ends with a backslash');
    if (char === 'Q') return this.quoted();
    if (char === 'A') return '^';
    if (char === 'z') return '(?![^])';
    if (char === 'b' || char === 'B') return `\\${char}`;
    const set = this.namedClass(char);
    if (set !== undefined) return set.negated ? `[^${set.inner}]` : `[${set.inner}]`;
    return this.literal(this.character(char));
  }

  private quoted(): string {
    const end = this.pattern.indexOf('\\E', this.at);
    const text = this.pattern.slice(this.at, end < 0 ? undefined : end);
    this.at = end < 0 ? this.pattern.length : end + 2;
    return [...text].map(char => this.literal(char)).join('');
  }

  /** `\d` and its like, `\p{Greek}`; undefined for other escapes. */
  private namedClass(char: string): { inner: string; negated: boolean } | undefined {
    const perl = PERL[char.toLowerCase()];
    if (perl !== undefined) return { inner: perl, negated: char !== char.toLowerCase() };
    if (char !== 'p' && char !== 'P') return undefined;
    const found = /^(?:\{(\^?)(\w+)\}|([A-Z]))/.exec(this.pattern.slice(this.at));
    if (!found) this.fail(`"\\${char}" needs the name of a class`);
    this.at += found[0].length;
    const name = found[2] ?? found[3] ?? '';
    const property = name.length <= 2 ? name : `Script=${name}`;
    const negated = (char === 'P') !== (found[1] === '^');
    return { inner: `\\${negated ? 'P' : 'p'}{${property}}`, negated: false };
  }

  /** The character an escape stands for. */
  private character(char: string): string {
    const control: Readonly<Record<string, string>> = { a: '\x07', f: '\f', t: '\t', n: '\n', r: '\r', v: '\v' };
    if (control[char] !== undefined) return control[char];
    if (char === 'x') {
      const found = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/.exec(this.pattern.slice(this.at));
      const code = Number.parseInt(found?.[1] ?? found?.[2] ?? 'x', 16);
      if (!found || !(code <= 0x10ffff)) this.fail('"\\x" needs two hexadecimal digits');
      this.at += found[0].length;
      return String.fromCodePoint(code);
    }
    if (/[0-7]/.test(char)) {
      const found = /^[0-7]{1,3}/.exec(this.pattern.slice(this.at - 1))?.[0] ?? '';
      if (char !== '0' && found.length < 3) this.fail(`RE2 knows no references such as "\\${char}"`);
      this.at += found.length - 1;
      return String.fromCodePoint(Number.parseInt(found, 8));
    }
    if (/[0-9A-Za-z]/.test(char)) this.fail(`"\\${char}" is no escape`);
    return char;
  }

  private class(): string {
    let inner = '';
    const negated = this.pattern.charAt(this.at) === '^';
    if (negated) this.at++;
    for (let first = true; ; first = false) {
      if (this.at >= this.pattern.length) this.fail('"[" is not closed');
      if (this.pattern.charAt(this.at) === ']' && !first) break;
      inner += this.classItem();
    }
    this.at++;
    return `[${negated ? '^' : ''}${inner}]`;
  }

  private classItem(): string {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.pattern.slice(this.at));
    if (posix) {
      const set = POSIX[posix[2] ?? ''];
      if (set === undefined) this.fail(`there is no class "${posix[0]}"`);
      this.at += posix[0].length;
      return posix[1] ? complement(set) : this.folded(set);
    }
    const low = this.classChar();
    if (typeof low !== 'string') return low.set;
    if (this.pattern.charAt(this.at) !== '-' || this.pattern.charAt(this.at + 1) === ']')
      return this.folded(escapeInClass(low));
    this.at++;
    const high = this.classChar();
    if (typeof high !== 'string') return `${this.folded(escapeInClass(low))}\\-${high.set}`;
    return this.folded(`${escapeInClass(low)}-${escapeInClass(high)}`);
  }

  private classChar(): string | { set: string } {
    const char = String.fromCodePoint(this.pattern.codePointAt(this.at) ?? 0);
    this.at += char.length;
    if (char !== '\\') return char;
    const next = this.pattern.charAt(this.at++);
    const set = this.namedClass(next);
    if (!set) return this.character(next);
    return { set: set.negated ? complement(set.inner) : set.inner };
  }

  /** With the flag i, a part of a class and its other case. */
  private folded(part: string): string {
    if (!this.flags.i || part.startsWith('\\')) return part;
    return (
      part +
      (part.toLowerCase() === part ? '' : part.toLowerCase()) +
      (part.toUpperCase() === part ? '' : part.toUpperCase())
    );
  }
}
