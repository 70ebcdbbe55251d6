import { type Diagnostic, errorAt, hasErrors, warningAt } from '../../../sdk/diagnostics.ts';
import type { SourceFile, Span } from '../../../sdk/source.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import { parseJson } from '../../json/parse.ts';
import { readSource } from '../../json/read.ts';
import { evaluate } from '../eval/index.ts';
import { parseHcl, parseHclExpression } from '../syntax/index.ts';
import { fromNode } from '../values/json.ts';
import { string, UNKNOWN, type Value } from '../values/value.ts';
import { constantScope } from './values.ts';
import type { Declaration } from './variables.ts';

/** Where values come from, weakest first; the name appears in messages. */
export type Origin = 'environment' | 'variable file' | 'command line';

export interface Assignment {
  readonly name: string;
  /** Unknown when it could not be read, which has been reported. */
  readonly value: Value;
  readonly origin: Origin;
  readonly span: Span;
}

type Declared = ReadonlyMap<string, Declaration>;

/** `PKR_VAR_name`; names that are not declared are none of the template's business. */
export function fromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  declared: Declared,
  diagnostics: Diagnostic[],
): Assignment[] {
  const found: Assignment[] = [];
  for (const name of declared.keys()) {
    const text = env[`PKR_VAR_${name}`];
    if (text === undefined) continue;
    found.push(textAssignment(name, text, 'environment', `<PKR_VAR_${name}>`, declared, diagnostics));
  }
  return found;
}

/** `-var name=value`. */
export function fromCommandLine(
  vars: readonly (readonly [string, string])[],
  declared: Declared,
  diagnostics: Diagnostic[],
): Assignment[] {
  return vars.flatMap(([name, text]) => {
    if (!declared.has(name)) {
      const file = { path: `<-var ${name}>`, text };
      const near = didYouMean(name, declared.keys()).hint;
      const span = { file, start: 0, end: text.length };
      diagnostics.push(
        errorAt(span, 'undeclared-variable', `the template declares no variable "${name}"`, {
          hint: near ?? `declare it: variable "${name}" {}`,
        }),
      );
      return [];
    }
    return textAssignment(name, text, 'command line', `<-var ${name}>`, declared, diagnostics);
  });
}

const CONSTANT = constantScope('values of variables are plain values');

/** Text stays as it is for strings, numbers and untyped variables; for all other types it is an expression. */
function textAssignment(
  name: string,
  text: string,
  origin: Origin,
  path: string,
  declared: Declared,
  diagnostics: Diagnostic[],
): Assignment {
  const file: SourceFile = { path, text };
  const span = { file, start: 0, end: text.length };
  const type = declared.get(name)?.constraint.type.kind ?? 'dynamic';
  if (type === 'string' || type === 'number' || type === 'dynamic') return { name, value: string(text), origin, span };
  const before = diagnostics.length;
  const parsed = parseHclExpression(file);
  diagnostics.push(...parsed.diagnostics);
  const value = parsed.expression && evaluate(parsed.expression, CONSTANT, diagnostics);
  return { name, value: !value || diagnostics.length > before ? UNKNOWN : value, origin, span };
}

/** One variable file in either syntax. `undeclared` says whether names that the template does not declare are reported. */
export async function fromFile(
  path: string,
  cwd: string,
  declared: Declared,
  undeclared: boolean,
  diagnostics: Diagnostic[],
): Promise<Assignment[]> {
  if (!/\.(?:hcl|json)$/.test(path)) {
    diagnostics.push(
      errorAt(undefined, 'unknown-var-file', `the name of the variable file "${path}" does not say what is in it`, {
        hint: 'let it end in .pkrvars.hcl or .pkrvars.json',
      }),
    );
    return [];
  }
  const { source, diagnostics: unreadable } = await readSource(path, { cwd, what: 'the variable file' });
  diagnostics.push(...unreadable);
  if (!source) return [];
  const found = path.endsWith('.json') ? fromJson(source, diagnostics) : fromHcl(source, diagnostics);
  return found.filter(one => {
    if (declared.has(one.name)) return true;
    if (undeclared) {
      const hint =
        didYouMean(one.name, declared.keys()).hint ?? `declare it: variable "${one.name}" {}, or delete it here`;
      diagnostics.push(
        warningAt(
          one.span,
          'undeclared-variable',
          `the template declares no variable "${one.name}", so this value is not used`,
          { hint },
        ),
      );
    }
    return false;
  });
}

function fromHcl(source: SourceFile, diagnostics: Diagnostic[]): Assignment[] {
  const { body, diagnostics: syntax } = parseHcl(source);
  diagnostics.push(...syntax);
  for (const block of body.blocks) {
    diagnostics.push(
      errorAt(
        block.headerSpan,
        'block-in-var-file',
        `a variable file holds values, no blocks such as "${block.type}"`,
        {
          hint:
            block.type === 'variable'
              ? 'declare variables in a *.pkr.hcl file; here write NAME = VALUE'
              : 'write NAME = VALUE',
        },
      ),
    );
  }
  if (hasErrors(syntax)) return [];
  return body.attributes.map(({ name, nameSpan, expression }) => {
    const before = diagnostics.length;
    const value = evaluate(expression, CONSTANT, diagnostics);
    const span = { ...nameSpan, end: expression.span.end };
    return { name, value: diagnostics.length > before ? UNKNOWN : value, origin: 'variable file', span };
  });
}

function fromJson(source: SourceFile, diagnostics: Diagnostic[]): Assignment[] {
  const { root, diagnostics: syntax } = parseJson(source);
  diagnostics.push(...syntax);
  if (!root || hasErrors(syntax)) return [];
  const objects = root.kind === 'array' ? root.items : [root];
  return objects.flatMap(object => {
    if (object.kind !== 'object') {
      diagnostics.push(
        errorAt(object.span, 'wrong-type', 'a variable file in JSON is an object of names and values', {
          hint: 'write {"NAME": "VALUE"}',
        }),
      );
      return [];
    }
    return object.members
      .filter(member => member.key !== '//')
      .map(({ key, keySpan, value }) => ({
        name: key,
        value: fromNode(value),
        origin: 'variable file' as const,
        span: { ...keySpan, end: value.span.end },
      }));
  });
}
