import type { StringNode } from '../../../src/sdk/node.ts';
import type { Span } from '../../../src/sdk/source.ts';
import { resolveVariables, type VariableInputs, type VariablesEnv } from '../../../src/template/variables/index.ts';

/** A template's variables as the JSON front end hands them over; null is a required one. */
export function inputsOf(
  variables: Readonly<Record<string, string | null>>,
  given: Readonly<Record<string, string>> = {},
): VariableInputs {
  const text = JSON.stringify({ variables }, undefined, 2);
  const file = { path: 't.json', text };
  const quoted = (value: string, from: number): Span => {
    const literal = JSON.stringify(value);
    const start = text.indexOf(literal, from);
    return { file, start, end: start + literal.length };
  };
  let from = text.indexOf('{', 1) + 1;
  const declared = Object.entries(variables).map(([name, value]) => {
    const span = quoted(name, from);
    from = span.end;
    if (value === null) return { name, span };
    const node: StringNode = { kind: 'string', value, span: quoted(value, from) };
    from = node.span.end;
    return { name, span, default: node };
  });
  const assigned = Object.entries(given).map(([name, value]) => {
    const span = { file: { path: `<-var ${name}>`, text: value }, start: 0, end: value.length };
    return { name, value: { kind: 'string', value, span } as const };
  });
  return { declared, assigned };
}

export const environment: VariablesEnv = {
  language: 'json',
  templateDir: '/t',
  cwd: '/c',
  startedAt: new Date('2026-11-20T10:20:27Z'),
  version: '1.16.0',
  env: { REGION: 'eu-west-1', EMPTY: '' },
};

/** Values, and each complaint as `severity code message @blamed text`. */
export async function resolve(
  variables: Readonly<Record<string, string | null>>,
  given: Readonly<Record<string, string>> = {},
  env: Partial<VariablesEnv> = {},
): Promise<{ values: Record<string, string>; complaints: string[]; hints: (string | undefined)[] }> {
  const { values, diagnostics } = await resolveVariables(inputsOf(variables, given), { ...environment, ...env });
  return {
    values: Object.fromEntries(values),
    complaints: diagnostics.map(({ severity, code, message, span }) => {
      const part = span ? span.file.text.slice(span.start, span.end) : '';
      return `${severity} ${code}: ${message} @${span?.file.path} ${part}`;
    }),
    hints: diagnostics.map(one => one.hint),
  };
}
