/** How a pattern is to be read. */
export interface GlobOptions {
  /** Paths: `*` and `?` stop at "/", `**` goes over folders. Else `*` goes over everything. */
  readonly paths?: boolean;
}

/** A glob (`*`, `?`, `[a-c]`, `[!a]`, `{a,b}`, with paths also `**`) as a regular expression; undefined when its brackets do not match. */
export function globToRegExp(pattern: string, { paths = false }: GlobOptions = {}): RegExp | undefined {
  const any = paths ? '[^/]' : '[^]';
  let source = '';
  let braces = 0;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '*') {
      const double = pattern.charAt(at + 1) === '*';
      if (double) at++;
      if (paths && double && pattern.charAt(at + 1) === '/') {
        at++;
        source += '(?:[^]*/)?';
      } else source += double ? '[^]*' : `${any}*`;
    } else if (char === '?') source += any;
    else if (char === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) return undefined;
      const inner = pattern.slice(at + 1, end);
      const negated = inner.startsWith('!') || inner.startsWith('^');
      source += `[${negated ? '^' : ''}${inner.slice(negated ? 1 : 0).replace(/[\\\]^[]/g, '\\$&')}]`;
      at = end;
    } else if (char === '{') {
      braces++;
      source += '(?:';
    } else if (char === '}' && braces > 0) {
      braces--;
      source += ')';
    } else if (char === ',' && braces > 0) source += '|';
    else if (char === '\\' && at + 1 < pattern.length) source += escapeLiteral(pattern.charAt(++at));
    else source += escapeLiteral(char);
  }
  if (braces > 0) return undefined;
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    return undefined;
  }
}

function escapeLiteral(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
