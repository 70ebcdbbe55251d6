import { type Diagnostic, hasErrors } from '../../sdk/diagnostics.ts';
import { DiagnosticError, KilnError } from '../../sdk/errors.ts';
import { createOutside } from '../interpolate/outside/index.ts';
import { PACKER_COMPATIBLE_VERSION } from '../version.ts';
import { ELSEWHERE, settled } from './blocks/evaluation.ts';
import { calledFunctions } from './blocks/references.ts';
import { evaluate, type Scope } from './eval/index.ts';
import { createFunctions, type Libraries, loadLibraries } from './functions/index.ts';
import type { HclLoadOptions } from './index.ts';
import { type Loading, prepareLoading } from './loading.ts';
import { parseHclExpression } from './syntax/index.ts';
import { showValue } from './values/show.ts';
import { object, string } from './values/value.ts';

interface Session {
  readonly scope: Scope;
  readonly loading: Loading | undefined;
}

const sessions = new WeakMap<HclLoadOptions, Promise<Session>>();

/**
 * What one line of `kiln console` gives: an expression's value as text, or the list of `variables`. Throws a KilnError
 * that says what is wrong with it. The template, if any, is read once for the same options.
 */
export async function consoleEvaluate(
  line: string,
  path: string | undefined,
  options: HclLoadOptions,
): Promise<string> {
  let session = sessions.get(options);
  if (!session) {
    session = path === undefined ? emptySession(options) : open(path, options);
    sessions.set(options, session);
  }
  const { scope, loading } = await session;
  if (line.trim() === 'variables') return listVariables(loading);
  const diagnostics: Diagnostic[] = [];
  const { expression, diagnostics: syntax } = parseHclExpression({ path: '<console>', text: line });
  refuse(syntax);
  if (!expression) throw new KilnError('there is no expression to evaluate');
  await loadLibraries(libraries, calledFunctions([expression]));
  const value = await settled(found => evaluate(expression, scope, found), diagnostics);
  refuse(diagnostics);
  return showValue(value);
}

function refuse(diagnostics: readonly Diagnostic[]): void {
  const first = diagnostics.find(one => one.severity === 'error');
  if (first) throw new KilnError(first.message, first.hint === undefined ? {} : { hint: first.hint });
}

const libraries: Libraries = {};

async function open(path: string, options: HclLoadOptions): Promise<Session> {
  const diagnostics: Diagnostic[] = [];
  const loading = await prepareLoading(path, options, diagnostics, libraries);
  // What could not be read stays unknown; whoever loaded the template has told of it.
  if (!loading || hasErrors(diagnostics.filter(one => one.code !== 'data-source-failed')))
    throw new DiagnosticError(diagnostics);
  return { scope: loading.scope, loading };
}

async function emptySession(options: HclLoadOptions): Promise<Session> {
  const { cwd, env, startedAt, secrets } = options;
  const functions = createFunctions({
    cwd,
    templateDir: cwd,
    env,
    startedAt,
    outside: createOutside(env, secrets),
    libraries,
  });
  const roots = new Map([
    [
      'path',
      {
        value: object([
          ['cwd', string(cwd)],
          ['root', string('.')],
        ]),
      },
    ],
    ['packer', { value: object([['version', string(PACKER_COMPATIBLE_VERSION)]]) }],
    ['var', { value: object([]) }],
    ['local', { value: object([]) }],
  ]);
  return { scope: { roots, functions, elsewhere: ELSEWHERE }, loading: undefined };
}

function listVariables(loading: Loading | undefined): string {
  const variables = [...(loading?.resolved.values() ?? [])].map(
    ({ declaration, value }) => `var.${declaration.name}: ${declaration.sensitive ? '<sensitive>' : showValue(value)}`,
  );
  const locals = [...(loading?.locals ?? [])].map(
    ([name, value]) => `local.${name}: ${loading?.sensitiveLocals.includes(value) ? '<sensitive>' : showValue(value)}`,
  );
  return [...variables, ...locals].join('\n');
}
