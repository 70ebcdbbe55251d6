import { columns } from '../../sdk/columns.ts';
import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { errorAt } from '../../sdk/diagnostics.ts';
import type { SourceFile } from '../../sdk/source.ts';
import { parseJson } from '../json/parse.ts';
import { type JsonToken, readTokens, sameTokens } from './tokens.ts';

/** A list of scalars stays on one line up to this column, the comma after it included. */
const WIDTH = 80;

export type FormatResult = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/**
 * The canonical layout of a JSON text: two spaces per level, one member or item a line, lists of scalars on one line when
 * they fit in 80 columns, LF, a final newline, no byte order mark and no blank lines. What the text says is never
 * touched: names keep their order (and their duplicates), numbers and strings their spelling. Formatting the result
 * again gives the same. A text that is not valid JSON gives its errors instead.
 */
export function formatJson(source: SourceFile): FormatResult {
  const { diagnostics } = parseJson(source);
  if (diagnostics.length > 0) return { diagnostics };
  const tokens = readTokens(source.text);
  const text = layOut(tokens);
  if (sameTokens(tokens, readTokens(text))) return { text };
  const message = 'formatting would have changed what the text says; it is left as it is';
  return {
    diagnostics: [errorAt(undefined, 'format-failed', message, { hint: 'please report this as a bug of kiln' })],
  };
}

function layOut(tokens: readonly JsonToken[]): string {
  const out: string[] = [];
  let depth = 0;
  let column = 0;
  const write = (text: string): void => {
    out.push(text);
    column += columns(text);
  };
  const newLine = (): void => {
    out.push(`\n${'  '.repeat(depth)}`);
    column = 2 * depth;
  };
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] ?? '';
    const next = tokens[index + 1];
    switch (token) {
      case '{':
      case '[': {
        const line = token === '[' || next === '}' ? oneLine(tokens, index, WIDTH - column) : undefined;
        if (line) {
          write(line.text);
          index = line.last;
          break;
        }
        write(token);
        depth++;
        newLine();
        break;
      }
      case '}':
      case ']':
        depth--;
        newLine();
        write(token);
        break;
      case ',':
        write(token);
        newLine();
        break;
      case ':':
        write(': ');
        break;
      default:
        write(token);
    }
  }
  return `${out.join('')}\n`;
}

/** The empty object, or the list that begins at `index`, on one line, if it holds only scalars and fits in `room` columns; it is always so when empty. */
function oneLine(
  tokens: readonly JsonToken[],
  index: number,
  room: number,
): { text: string; last: number } | undefined {
  const parts: string[] = [];
  let width = 0;
  for (let at = index; ; at++) {
    const token = tokens[at];
    if (token === undefined || (at > index && (token === '{' || token === '['))) return undefined;
    const part = token === ',' ? ', ' : token;
    parts.push(part);
    width += columns(part);
    if (token === ']' || token === '}') {
      const comma = tokens[at + 1] === ',' ? 1 : 0;
      return at === index + 1 || width + comma <= room ? { text: parts.join(''), last: at } : undefined;
    }
    if (width > room && at > index + 1) return undefined;
  }
}
