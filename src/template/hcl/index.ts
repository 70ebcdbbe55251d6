import { type Diagnostic, errorAt, sortDiagnostics } from '../../sdk/diagnostics.ts';
import type { SecretLookup } from '../interpolate/index.ts';
import { createRenderer } from '../interpolate/index.ts';
import { PendingLookup } from '../interpolate/lookups.ts';
import type { BuildSpec, ComponentSpec, LoadOptions, LoadResult, Template, VariableInfo } from '../model.ts';
import { PACKER_COMPATIBLE_VERSION } from '../version.ts';
import { readBuilds } from './blocks/builds.ts';
import type { RequiredPlugin } from './blocks/packer.ts';
import { checkRegistry } from './blocks/registry.ts';
import type { Resolved } from './blocks/resolve.ts';
import { Selection } from './blocks/selection.ts';
import { readSources } from './blocks/sources.ts';
import { confidentialTexts } from './confidential.ts';
import type { DataSources } from './data.ts';
import { prepareLoading, secretsOf } from './loading.ts';
import { toJson } from './values/json.ts';
import type { Value } from './values/value.ts';

export type { RequiredPlugin } from './blocks/packer.ts';
export type { DataSource, DataSourceContext, DataSources, OutputType } from './data.ts';

export interface HclLoadOptions extends LoadOptions {
  readonly configType?: 'json' | 'hcl2';
  /** Gives standard input, for the path `-`. */
  readonly stdin?: () => Promise<Buffer>;
  /** Without them, and unless they are to be read, results of data sources are values that are not known. */
  readonly dataSources?: DataSources;
  /** Reads AWS Secrets Manager for aws_secretsmanager(...). */
  readonly secrets?: SecretLookup;
  /** Warn about names in variable files that the template does not declare (validate does, build does not). */
  readonly warnUndeclared?: boolean;
}

export interface HclLoadResult extends LoadResult {
  readonly requiredPlugins: readonly RequiredPlugin[];
}

/** Loads an HCL2 template from a file, a folder or standard input. Never throws for what the user wrote. */
export async function loadHclTemplate(path: string, options: HclLoadOptions): Promise<HclLoadResult> {
  const diagnostics: Diagnostic[] = [];
  const loading = await prepareLoading(path, options, diagnostics);
  if (!loading) return { requiredPlugins: [], diagnostics: sortDiagnostics(withoutRepeats(diagnostics)) };
  const { blocks, files, scope, resolved, requiredPlugins } = loading;
  const sources = readSources(blocks, diagnostics);
  const registries = blocks.filter(block => block.type === 'hcp_packer_registry');
  for (const registry of registries) checkRegistry(registry, scope, diagnostics);
  const [, second] = registries;
  if (second)
    diagnostics.push(
      errorAt(second.headerSpan, 'duplicate-block', 'a template has at most one hcp_packer_registry block'),
    );
  const only = new Selection('-only', options.only);
  const except = new Selection('-except', options.except);
  const found: Diagnostic[] = [];
  const { builds, names, description } = await whenFetched(() => {
    found.length = 0;
    return readBuilds(blocks, { sources, scope, only, except }, found);
  });
  diagnostics.push(...found);
  if (!options.syntaxOnly) {
    await fetchAll(builds);
    diagnostics.push(
      ...checkSelection(
        builds,
        names,
        only,
        except,
        loading.files.bodies.length > 0 && blocks.some(one => one.type === 'build'),
      ),
    );
  }
  const template: Template = {
    language: 'hcl2',
    path,
    dir: files.dir,
    ...(description !== undefined && { description }),
    variables: [...resolved.values()].map(describe),
    builds,
    secrets: secretsOf(loading),
    renderer: createRenderer({
      language: 'hcl2',
      templateDir: files.dir,
      cwd: options.cwd,
      startedAt: options.startedAt,
      version: PACKER_COMPATIBLE_VERSION,
      variables: new Map(),
    }),
  };
  const declarations = [...resolved.values()].map(one => one.declaration);
  return {
    template,
    requiredPlugins,
    diagnostics: sortDiagnostics(withoutRepeats(diagnostics)),
    confidential: confidentialTexts(declarations, diagnostics),
  };
}

/** What is wrong with a provisioner is found once for each source it runs for. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, message, span }) => {
    const key = `${code} ${span?.file.path} ${span?.start} ${message}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

async function whenFetched<T>(read: () => T): Promise<T> {
  for (;;) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof PendingLookup)) throw error;
      await error.ready;
    }
  }
}

/** Evaluates all options once, so that what functions fetch is there when preparation, which cannot wait, asks. */
async function fetchAll(builds: readonly BuildSpec[]): Promise<void> {
  for (const build of builds) {
    const cleanup = build.errorCleanup ? [build.errorCleanup] : [];
    const components: readonly ComponentSpec[] = [
      build.builder,
      ...build.provisioners,
      ...cleanup,
      ...build.sequences.flat(),
    ];
    for (const component of components) await whenFetched(() => component.options(undefined));
  }
}

function checkSelection(
  builds: readonly BuildSpec[],
  names: readonly string[],
  only: Selection,
  except: Selection,
  hasBlock: boolean,
): Diagnostic[] {
  if (!hasBlock) {
    return [
      errorAt(undefined, 'no-build', 'the template has no build block, so there is nothing to build', {
        hint: 'write build { sources = ["source.TYPE.NAME"] }',
      }),
    ];
  }
  const found = [...only.leftOver(names), ...except.leftOver(names)];
  if (builds.length === 0 && names.length > 0) {
    found.push(
      errorAt(undefined, 'nothing-selected', 'no build is selected', { hint: `the builds are ${names.join(', ')}` }),
    );
  }
  return found;
}

function describe({ declaration }: Resolved): VariableInfo {
  const { name, sensitive, span, default: fallback } = declaration;
  const shown = fallback && showDefault(fallback);
  return { name, ...(shown !== undefined && { default: shown }), required: !fallback, sensitive, span };
}

/** A plain text as it is, anything else as written. */
function showDefault({
  value,
  expression,
}: {
  value: Value;
  expression: { kind: string; span: VariableInfo['span'] };
}): string {
  const written = expression.span.file.text.slice(expression.span.start, expression.span.end);
  if (expression.kind === 'template' && written.includes('${')) return written;
  if (value.kind === 'string') return value.text;
  return value.kind === 'number' || value.kind === 'bool' ? toJson(value) : written;
}
