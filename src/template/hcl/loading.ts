import { type Diagnostic, hasErrors } from '../../sdk/diagnostics.ts';
import { createRenderer } from '../interpolate/index.ts';
import { createOutside } from '../interpolate/outside/index.ts';
import { PACKER_COMPATIBLE_VERSION } from '../version.ts';
import { fromCommandLine, fromEnvironment, fromFile } from './blocks/assignments.ts';
import { readBody } from './blocks/content.ts';
import { evaluateNodes, settled } from './blocks/evaluation.ts';
import { readTemplateFiles, type TemplateFiles } from './blocks/files.ts';
import { readNodes } from './blocks/graph.ts';
import { type RequiredPlugin, readPackerBlocks } from './blocks/packer.ts';
import { calledFunctions, expressionsOf } from './blocks/references.ts';
import {
  type Resolved,
  resolveVariables,
  secretTexts,
  textsIn,
  validateVariables,
  variablesRoot,
} from './blocks/resolve.ts';
import { ROOT } from './blocks/schemas.ts';
import { readVariables } from './blocks/variables.ts';
import type { Root, Scope } from './eval/index.ts';
import { createDefaultFunctions, createFunctions, type Libraries, loadLibraries } from './functions/index.ts';
import type { HclLoadOptions } from './index.ts';
import type { Block } from './syntax/ast.ts';
import { object, string, type Value } from './values/value.ts';

/** A template up to the values of its variables, locals and data sources. */
export interface Loading {
  readonly files: TemplateFiles;
  readonly blocks: readonly Block[];
  readonly requiredPlugins: readonly RequiredPlugin[];
  readonly resolved: ReadonlyMap<string, Resolved>;
  readonly locals: ReadonlyMap<string, Value>;
  /** Values of locals marked as sensitive. */
  readonly sensitiveLocals: readonly Value[];
  readonly scope: Scope;
}

/** Reads and evaluates what comes before sources and builds. Undefined when the files have syntax errors or cannot be read. */
export async function prepareLoading(
  path: string,
  options: HclLoadOptions,
  diagnostics: Diagnostic[],
  libraries: Libraries = {},
): Promise<Loading | undefined> {
  const files = await readTemplateFiles(path, options, diagnostics);
  if (hasErrors(diagnostics)) return undefined;
  const blocks = files.bodies.flatMap(body => readBody(body, ROOT, 'a template', diagnostics).blocks);
  const requiredPlugins = readPackerBlocks(
    blocks.filter(block => block.type === 'packer'),
    diagnostics,
  );
  await loadLibraries(libraries, functionsCalledIn(blocks));
  const functions = createFunctions({
    cwd: options.cwd,
    templateDir: files.dir,
    env: options.env,
    startedAt: options.startedAt,
    outside: createOutside(options.env, options.secrets),
    libraries,
  });
  const declared = readVariables(blocks, createDefaultFunctions(options.env), diagnostics);
  const assignments = [
    ...fromEnvironment(options.env, declared, diagnostics),
    ...(await readVarFiles(files.autoVarFiles, options, declared, diagnostics)),
    ...(await readVarFiles(options.varFiles, options, declared, diagnostics)),
    ...fromCommandLine(options.vars, declared, diagnostics),
  ];
  const resolved = resolveVariables(declared, assignments, options.syntaxOnly, diagnostics);
  const nodes = readNodes(blocks, diagnostics);
  if (!options.syntaxOnly) await settled(found => validateVariables(resolved, functions, found), diagnostics);
  const roots = new Map<string, Root>([
    ['var', variablesRoot(resolved, files.hasNeighbours)],
    [
      'path',
      {
        value: object([
          ['cwd', string(slashes(options.cwd))],
          ['root', string(slashes(files.root))],
        ]),
      },
    ],
    [
      'packer',
      {
        value: object([
          ['version', string(PACKER_COMPATIBLE_VERSION)],
          ['iterationID', string('')],
          ['versionFingerprint', string('')],
        ]),
      },
    ],
  ]);
  const renderer = createRenderer({
    language: 'hcl2',
    templateDir: files.dir,
    cwd: options.cwd,
    startedAt: options.startedAt,
    version: PACKER_COMPATIBLE_VERSION,
    variables: new Map(),
  });
  // With -syntax-only nothing is evaluated for its own sake; what fails may only lack a value.
  const unheard: Diagnostic[] = [];
  const { scope, locals } = await evaluateNodes(
    nodes,
    {
      roots,
      functions,
      dataSources: options.dataSources,
      readData: options.evaluateDatasources === true && !options.syntaxOnly,
      context: { renderer, cwd: options.cwd, env: options.env },
    },
    options.syntaxOnly ? unheard : diagnostics,
  );
  const sensitiveLocals = [...nodes.values()].flatMap(node =>
    node.kind === 'local' && node.sensitive ? [locals.get(node.name) ?? []].flat() : [],
  );
  return { files, blocks, requiredPlugins, resolved, locals, sensitiveLocals, scope };
}

/** Every text inside of what is marked as sensitive. */
export function secretsOf({ resolved, sensitiveLocals }: Pick<Loading, 'resolved' | 'sensitiveLocals'>): string[] {
  return [...new Set([...[...resolved.values()].flatMap(secretTexts), ...sensitiveLocals.flatMap(textsIn)])];
}

function slashes(path: string): string {
  return path.replaceAll('\\', '/');
}

function functionsCalledIn(blocks: readonly Block[]): Set<string> {
  const called = calledFunctions(blocks.flatMap(block => expressionsOf(block.body)));
  // A file that templatefile reads may call anything.
  if (called.has('templatefile')) for (const name of ['yamlencode', 'bcrypt']) called.add(name);
  return called;
}

async function readVarFiles(
  paths: readonly string[],
  options: HclLoadOptions,
  declared: Parameters<typeof fromFile>[2],
  diagnostics: Diagnostic[],
) {
  const found = [];
  for (const path of paths)
    found.push(...(await fromFile(path, options.cwd, declared, options.warnUndeclared === true, diagnostics)));
  return found;
}
