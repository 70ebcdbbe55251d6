import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['src', 'builders', 'provisioners', 'post-processors'];
/** The embedded EC2 answers with EC2's own codes, and scp has states of its own. */
const NOT = /^src\/(?:local-ec2\/|communicators\/ssh\/scp\.ts)/;
/** Functions whose second argument is the code of a finding. */
const REPORTERS = /(?<![\w.])(?:errorAt|warningAt|say)\)?\(|\.#?(?:error|warning|warn|report|fail|complain|refuse)\(/g;
const CODE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** Every code of a diagnostic or an error that the sources name, with a file that does. */
export function codesInSources(): ReadonlyMap<string, string> {
  const files = FOLDERS.flatMap(folder => walk(folder)).filter(file => file.endsWith('.ts') && !NOT.test(file));
  const texts = new Map(files.map(file => [file, readFileSync(join(ROOT, file), 'utf8')]));
  const constants = new Map<string, string>();
  for (const text of texts.values())
    for (const [, name = '', value = ''] of text.matchAll(/const ([A-Z][A-Z_]+) = '([a-z][a-z0-9-]*)';/g))
      constants.set(name, value);
  const found = new Map<string, string>();
  for (const [file, text] of texts) {
    for (const expression of [...reported(text), ...codeMembers(text)]) {
      for (const code of literals(expression, constants))
        if (CODE.test(code) && !found.has(code)) found.set(code, file);
    }
  }
  return found;
}

function* reported(text: string): Generator<string> {
  for (const match of text.matchAll(REPORTERS)) {
    const args = argumentsAt(text, match.index + match[0].length);
    if (args.length > 2) yield args[1] ?? '';
  }
  // The JSON parser's (start, end, code, message), and functions that are passed on.
  for (const match of text.matchAll(/\.add(?:AndSkipLine)?\(|\breport\.call\(/g)) {
    const args = argumentsAt(text, match.index + match[0].length);
    if (args.length > 3) yield args[2] ?? '';
  }
}

function* codeMembers(text: string): Generator<string> {
  for (const match of text.matchAll(/(?<![\w.])code: /g))
    yield argumentsAt(text, match.index + match[0].length)[0] ?? '';
}

/** What the string literals of `'a'`, `x ? 'a' : 'b'` or `NAME` say. */
function literals(expression: string, constants: ReadonlyMap<string, string>): string[] {
  const name = constants.get(expression.trim());
  if (name !== undefined) return [name];
  // The condition of a choice may compare with texts of its own.
  const values = expression.includes('?') ? expression.slice(expression.indexOf('?')) : expression;
  return /^\s*'|\?/.test(expression) ? [...values.matchAll(/'([^'\n]*)'/g)].map(match => match[1] ?? '') : [];
}

/** The arguments from `start` to the closing parenthesis or brace, as they are written. */
function argumentsAt(text: string, start: number): string[] {
  const args: string[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "'" || char === '`' || char === '"') {
      for (at++; at < text.length && text.charAt(at) !== char; at++) if (text.charAt(at) === '\\') at++;
    } else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char) && --depth < 0) {
      args.push(text.slice(from, at));
      return args;
    } else if (char === ',' && depth === 0) {
      args.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return args;
}

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(path) : [path];
  });
}
