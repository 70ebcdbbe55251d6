import { dirname, resolve } from 'node:path';
import { type Diagnostic, errorAt, sortDiagnostics, warningAt } from '../../sdk/diagnostics.ts';
import type { SourceFile, Span } from '../../sdk/source.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import { createRenderer, type SecretLookup, spanInside, userReferences } from '../interpolate/index.ts';
import { type LoadOptions, type LoadResult, RenderError, type Renderer, type VariableInfo } from '../model.ts';
import { type ResolvedVariables, resolveVariables } from '../variables/index.ts';
import { PACKER_COMPATIBLE_VERSION } from '../version.ts';
import { assembleBuilds, type RenderText } from './assemble.ts';
import { checkMinVersion, checkTemplate } from './check.ts';
import { confidentialTexts } from './confidential.ts';
import { quoted } from './quote.ts';
import type { RawTemplate } from './raw.ts';
import { parseTemplate } from './template.ts';
import { commandLineValue, readVarFile } from './var-files.ts';

export interface JsonLoadOptions extends LoadOptions {
  /** Reads AWS Secrets Manager for variables that ask it; without it those functions are an error. */
  readonly secrets?: SecretLookup;
  /** Required variables may lack a value, which then is empty, as in Packer's console. */
  readonly missingAllowed?: boolean;
  /** Gives standard input, for the path `-`. */
  readonly stdin?: () => Promise<Buffer>;
}

/**
 * Makes a template of the text of a JSON one: everything Packer checks up to the plugins' own options, all problems at once. The template is absent
 * when the text is no JSON object, and with `syntaxOnly`, which stops after the parse phase.
 */
export async function loadJsonTemplate(source: SourceFile, options: JsonLoadOptions): Promise<LoadResult> {
  const { raw, root, diagnostics: parsed } = parseTemplate(source);
  if (!raw || options.syntaxOnly)
    return {
      diagnostics: sortDiagnostics(parsed),
      confidential: confidentialTexts(root, [], raw ? [] : [source.text]),
    };
  const diagnostics: Diagnostic[] = [...parsed, ...checkTemplate(raw), ...checkMinVersion(raw)];
  const dir = source.path === '-' ? options.cwd : dirname(resolve(options.cwd, source.path));
  const env = {
    language: 'json',
    templateDir: dir,
    cwd: options.cwd,
    startedAt: options.startedAt,
    version: PACKER_COMPATIBLE_VERSION,
  } as const;
  const { assigned, written, broken } = await givenValues(options, diagnostics);
  const variables = await resolveVariables(
    { declared: raw.variables, assigned },
    { ...env, env: options.env, secrets: options.secrets, missingAllowed: options.missingAllowed },
  );
  const renderer = createRenderer({ ...env, variables: variables.values });
  const names = new Set([...raw.variables.map(({ name }) => name), ...variables.sources.keys()]);
  const unresolved = new Set(options.missingAllowed ? [] : [...names].filter(name => !variables.values.has(name)));
  for (const { name, span } of raw.sensitive) if (!names.has(name)) diagnostics.push(nothingToMask(name, span, names));
  const use = { sources: variables.sources, unresolved, told: new Set<string>() };
  const built = assembleBuilds(raw, options, use, renderText(renderer, unresolved, diagnostics));
  return {
    template: {
      language: 'json',
      path: source.path,
      dir,
      ...(raw.description !== undefined && { description: raw.description }),
      variables: raw.variables.map(variable => describe(variable, raw)),
      builds: built.builds,
      secrets: secretValues(raw, variables),
      renderer,
    },
    diagnostics: sortDiagnostics([...diagnostics, ...variables.diagnostics, ...built.diagnostics]),
    confidential: confidentialTexts(root, written, broken),
  };
}

/** A misspelt name here would show the secret. */
function nothingToMask(name: string, span: Span, names: ReadonlySet<string>): Diagnostic {
  return warningAt(
    span,
    'undefined-variable',
    `no variable is called ${quoted(name)}, so nothing is masked`,
    didYouMean(name, names),
  );
}

/** The values of all variable files in order, then those of the command line. */
async function givenValues(options: JsonLoadOptions, diagnostics: Diagnostic[]) {
  const files = await Promise.all(options.varFiles.map(path => readVarFile(path, options.cwd, options.stdin)));
  for (const file of files) for (const one of file.diagnostics) diagnostics.push(one);
  const commandLine = options.vars.map(([name, value]) => commandLineValue(name, value));
  return {
    assigned: [...files.flatMap(file => file.values), ...commandLine],
    written: [...files.flatMap(file => file.written), ...commandLine],
    broken: files.flatMap(file => file.broken ?? []),
  };
}

function describe(variable: RawTemplate['variables'][number], raw: RawTemplate): VariableInfo {
  return {
    name: variable.name,
    ...(variable.default && { default: variable.default.value }),
    required: !variable.default,
    sensitive: raw.sensitive.some(({ name }) => name === variable.name),
    span: variable.span,
  };
}

/** Rendered values of the sensitive variables; also of those that were given, but not declared. */
function secretValues(raw: RawTemplate, { values }: ResolvedVariables): string[] {
  return [...new Set(raw.sensitive.flatMap(({ name }) => values.get(name) || []))];
}

/** Renders names and `max_retries`, which know the variables but no build. What lacks a variable's value stays as it is. */
function renderText(renderer: Renderer, unresolved: ReadonlySet<string>, diagnostics: Diagnostic[]): RenderText {
  return (node, component) => {
    if (unresolved.size > 0 && userReferences(node.value).some(({ name }) => unresolved.has(name))) return undefined;
    try {
      return renderer.render(node.value, { phase: 'prepare-builder' });
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      const hint = error.hint === undefined ? {} : { hint: error.hint };
      const span = spanInside(node, error.start, error.end);
      diagnostics.push(errorAt(span, 'bad-template', error.message, { component, ...hint }));
      return undefined;
    }
  };
}
