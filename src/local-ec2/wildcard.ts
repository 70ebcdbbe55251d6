/**
 * Whether `text` matches `pattern`, where `*` stands for any characters, `?` for one, and a backslash takes the next
 * character as it is (EC2 filters). Linear in practice: no regular expression that a pattern could make slow.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  const tokens = tokensOf(pattern);
  let at = 0;
  let token = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < text.length) {
    const one = tokens[token];
    if (one === '*') {
      starToken = token++;
      starAt = at;
    } else if (one !== undefined && (one === '?' || one.slice(1) === text[at])) {
      token++;
      at++;
    } else if (starToken >= 0) {
      token = starToken + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === '*') token++;
  return token === tokens.length;
}

/** `*`, `?`, or `=` followed by the literal UTF-16 unit. */
function tokensOf(pattern: string): readonly string[] {
  const tokens: string[] = [];
  for (let index = 0; index < pattern.length; index++) {
    const one = pattern[index] ?? '';
    if (one === '\\' && index + 1 < pattern.length) tokens.push(`=${pattern[++index]}`);
    else if (one === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else tokens.push(one === '?' ? '?' : `=${one}`);
  }
  return tokens;
}
