import { FunctionError } from './contract.ts';

/** Rows and fields of comma-separated values (RFC 4180). Empty lines are skipped. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (row.length === 0) {
      const blank = /\r?\n/y;
      blank.lastIndex = at;
      if (blank.test(text)) {
        at = blank.lastIndex;
        continue;
      }
    }
    const [field, end] =
      text.charAt(at) === '"' ? quotedField(text, at, rows.length + 1) : plainField(text, at, rows.length + 1);
    row.push(field);
    at = end;
    if (text.charAt(at) === ',') {
      at++;
      if (at < text.length && text.charAt(at) !== '\n') continue;
      if (at >= text.length || text.charAt(at) === '\n') row.push('');
    }
    rows.push(row);
    row = [];
    at += text.charAt(at) === '\r' ? 2 : 1;
  }
  return rows;
}

function plainField(text: string, start: number, row: number): [string, number] {
  const pattern = /[^,\r\n]*(?:\r(?!\n)[^,\r\n]*)*/y;
  pattern.lastIndex = start;
  const field = pattern.exec(text)?.[0] ?? '';
  if (field.includes('"'))
    throw new FunctionError(`row ${row} has a quotation mark inside a field that does not begin with one`, 0);
  return [field, start + field.length];
}

function quotedField(text: string, start: number, row: number): [string, number] {
  const pattern = /"((?:[^"]|"")*)"/y;
  pattern.lastIndex = start;
  const found = pattern.exec(text);
  const after = found ? text.charAt(pattern.lastIndex) : 'x';
  if (!found || !['', ',', '\r', '\n'].includes(after))
    throw new FunctionError(`row ${row} has a field whose quotation marks do not match`, 0);
  return [(found[1] ?? '').replaceAll('""', '"').replaceAll('\r\n', '\n'), pattern.lastIndex];
}
