import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { SourceFile } from '../../../sdk/source.ts';
import type { Expression, NativeBody, TemplateExpression } from './ast.ts';
import { parseFileBody } from './body.ts';
import { Cursor, GiveUp, type Relocate } from './cursor.ts';
import { describeToken } from './describe.ts';
import { parseExpression } from './expression.ts';
import { scan } from './scanner.ts';
import { parseBareTemplate } from './template.ts';
import type { Token } from './tokens.ts';

export type * from './ast.ts';

export interface ParsedFile {
  readonly body: NativeBody;
  /** All tokens, comments included, for the formatter. */
  readonly tokens: readonly Token[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a file in HCL's native syntax. Never throws: what could not be read is missing from the body and reported. */
export function parseHcl(file: SourceFile): ParsedFile {
  const json = looksLikeJson(file);
  if (json) return { body: emptyBody(file), tokens: [], diagnostics: [json] };
  const tokens = scan(file.text);
  const cursor = new Cursor(file, tokens);
  const body = parseFileBody(cursor);
  return { body, tokens, diagnostics: cursor.diagnostics };
}

/** Parses a text that is one expression, e.g. `-var` values of complex types and lines of the console. */
export function parseHclExpression(
  file: SourceFile,
  relocate?: Relocate,
): { expression?: Expression; diagnostics: readonly Diagnostic[] } {
  const cursor = new Cursor(file, scan(file.text), relocate);
  return attempt(cursor, () => {
    cursor.skipNewlines();
    const expression = parseExpression(cursor);
    cursor.skipNewlines();
    const rest = cursor.peek();
    if (rest.kind !== 'end') {
      cursor.fail(cursor.spanOf(rest), 'trailing-text', `the expression ends before ${describeToken(cursor, rest)}`, {
        hint: 'put text in double quotes',
      });
    }
    return expression;
  });
}

/** Parses a text that is a template as a whole, without quotes around it. */
export function parseHclTemplate(
  file: SourceFile,
  relocate?: Relocate,
): { expression?: TemplateExpression; diagnostics: readonly Diagnostic[] } {
  const cursor = new Cursor(file, scan(file.text, 'template'), relocate);
  return attempt(cursor, () => {
    const template = parseBareTemplate(cursor);
    const rest = cursor.peek();
    if (rest.kind !== 'end')
      cursor.fail(cursor.spanOf(rest), 'trailing-text', `the template ends before ${describeToken(cursor, rest)}`);
    return template;
  });
}

function attempt<E>(cursor: Cursor, read: () => E): { expression?: E; diagnostics: readonly Diagnostic[] } {
  try {
    return { expression: read(), diagnostics: cursor.diagnostics };
  } catch (error) {
    if (error instanceof GiveUp) return { diagnostics: cursor.diagnostics };
    throw error;
  }
}

function emptyBody(file: SourceFile): NativeBody {
  return { syntax: 'native', attributes: [], blocks: [], span: { file, start: 0, end: file.text.length } };
}

function looksLikeJson(file: SourceFile): Diagnostic | undefined {
  const found = /^\uFEFF?\s*\{\s*"/.exec(file.text);
  if (!found) return undefined;
  const start = found[0].indexOf('{');
  return errorAt(
    { file, start, end: start + 1 },
    'json-in-hcl',
    'this file is written in JSON, but its name says HCL',
    {
      hint: "rename it: templates in HCL's JSON syntax end in .pkr.json, variable files in .pkrvars.json",
    },
  );
}
