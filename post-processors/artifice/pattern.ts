type Token = 'any-run' | ((character: string) => boolean);

/** Whether a path holds anything that matches more than itself. */
export function hasWildcard(path: string): boolean {
  return /[*?[\\]/.test(path);
}

/** What is wrong with a pattern by the rules of Go's filepath.Match; undefined when it is well formed. */
export function badPattern(pattern: string): string | undefined {
  for (const element of pattern.split('/')) {
    const tokens = parse(element);
    if (typeof tokens === 'string') return tokens;
  }
  return undefined;
}

/**
 * A matcher for one path element: `*` any run of characters, `?` one, `[a-z]` or `[^a-z]` one of a class, `\` takes the next
 * one as it is. A leading dot is nothing special, as in Go. A malformed element matches nothing.
 */
export function elementMatcher(element: string): (name: string) => boolean {
  const tokens = parse(element);
  if (typeof tokens === 'string') return () => false;
  return name => matches(tokens, [...name]);
}

/** Greedy matching that falls back to the last `*`: linear in memory, no recursion. */
function matches(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const want = tokens[token];
    if (want === 'any-run') {
      star = token++;
      starAt = at;
    } else if (want?.(name[at] ?? '')) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (tokens[token] === 'any-run') token++;
  return token === tokens.length;
}

/** The tokens of an element, or what is wrong with it. */
function parse(element: string): readonly Token[] | string {
  const characters = [...element];
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') tokens.push('any-run');
    else if (character === '?') tokens.push(() => true);
    else if (character === '[') {
      const found = parseClass(characters, at + 1);
      if (found === undefined) return 'a "[" is not closed, or what stands in it is not complete';
      tokens.push(found.test);
      at = found.end;
    } else if (character === '\\') {
      const next = characters[++at];
      if (next === undefined) return 'a "\\" stands at its end';
      tokens.push(one => one === next);
    } else tokens.push(one => one === character);
  }
  return tokens;
}

interface CharacterClass {
  readonly test: (character: string) => boolean;
  /** Index of its "]". */
  readonly end: number;
}

/** The class whose first character stands at `start`; undefined when it is malformed. */
function parseClass(characters: readonly string[], start: number): CharacterClass | undefined {
  let at = start;
  const negated = characters[at] === '^';
  if (negated) at++;
  const member = (): number | undefined => {
    let character = characters[at++];
    if (character === '-' || character === ']') return undefined;
    if (character === '\\') character = characters[at++];
    return character?.codePointAt(0);
  };
  const ranges: (readonly [number, number])[] = [];
  while (characters[at] !== ']' || ranges.length === 0) {
    const low = member();
    if (low === undefined) return undefined;
    let high: number | undefined = low;
    if (characters[at] === '-') {
      at++;
      high = member();
    }
    if (high === undefined) return undefined;
    ranges.push([low, high]);
  }
  const within = (code: number): boolean => ranges.some(([low, high]) => low <= code && code <= high);
  return { test: character => within(character.codePointAt(0) ?? 0) !== negated, end: at };
}
