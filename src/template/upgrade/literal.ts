/** Words that an object key or argument of HCL cannot be without quotes. */
const KEYWORDS: ReadonlySet<string> = new Set(['for', 'null', 'true', 'false', 'if', 'else', 'in']);

/** Whether HCL takes a text as the name of an argument, block, variable or source. */
export function isName(text: string): boolean {
  return /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(text);
}

/** The nearest name that HCL takes: every other character becomes an underscore. */
export function asName(text: string): string {
  const name = text.replace(/[^\p{ID_Continue}-]/gu, '_');
  return isName(name) ? name : `_${name}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * Plain text as it stands between the quotes of an HCL string. `beforeInterpolation`: a `${` follows, which a dollar
 * sign at the end would turn into an escape.
 */
export function escapeText(text: string, beforeInterpolation = false): string {
  const escaped = text
    .replace(/[\\"\n\r\t]/g, char => ESCAPES[char] ?? char)
    .replace(/[\p{Cc}\u2028\u2029]/gu, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const safe = escaped.replace(/([$%])\1*(?=\{)/g, signs => {
    const sign = signs.charAt(0);
    // "$${" is read as an escaped "${", so that what is "$${" needs its first sign from an interpolation.
    return `\${"${sign}"}`.repeat(signs.length - 1) + sign + sign;
  });
  return beforeInterpolation ? safe.replace(/\$+$/, signs => '${"$"}'.repeat(signs.length)) : safe;
}

/** A string literal. */
export function quoteText(text: string): string {
  return `"${escapeText(text)}"`;
}

/** A key of an object, quoted where it must be. */
export function objectKey(text: string): string {
  return isName(text) && !KEYWORDS.has(text) ? text : quoteText(text);
}

/** Text as comment lines. */
export function comment(text: string): string {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map(line => (line.trim() === '' ? '#' : `# ${line.trimEnd()}`))
    .join('\n');
}
