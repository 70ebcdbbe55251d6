/** Classes such as [:alpha:]. */
export const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** \\d, \\s and \\w, which are ASCII in RE2. */
export const PERL: Readonly<Record<string, string>> = { d: '0-9', s: '\\t\\n\\f\\r ', w: '0-9A-Za-z_' };

/** A character as it stands inside [ ]. */
export function escapeInClass(char: string): string {
  return /[\\\]^[-]/.test(char) ? `\\${char}` : char;
}

/** All characters but those of an ASCII set, as parts of a class. */
export function complement(set: string): string {
  const inside = new RegExp(`[${set}]`, 'u');
  let result = '';
  for (let code = 0; code < 128; code++) {
    if (!inside.test(String.fromCharCode(code))) result += `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return `${result}\\u{80}-\\u{10ffff}`;
}
