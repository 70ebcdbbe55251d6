import type { Diagnostic } from '../sdk/diagnostics.ts';
import type { HclInspection } from './hcl/inspect.ts';
import { inspectJson } from './json/inspect.ts';
import { readSource } from './json/read.ts';
import { languageOf, type TemplateOptions } from './language.ts';

/** What a template declares, for people and programs that look at it without running it. */
export interface Inspection {
  readonly description?: string;
  /** Sorted by name. */
  readonly variables: readonly {
    readonly name: string;
    /** As written, not rendered; absent when a value is required. */
    readonly default?: string;
    readonly required: boolean;
    /** The default is not to be shown. */
    readonly sensitive: boolean;
  }[];
  /** Sorted by name. */
  readonly builders: readonly { readonly name: string; readonly type: string }[];
  /** Types, in the order they run. */
  readonly provisioners: readonly string[];
  /** Types, one list per sequence. */
  readonly postProcessors: readonly (readonly string[])[];
}

export interface InspectResult {
  /** Absent when the template has errors. */
  readonly inspection?: Inspection;
  readonly diagnostics: readonly Diagnostic[];
  /** Texts to keep out of excerpts. */
  readonly confidential?: readonly string[];
}

/** Looks into a template of either language; nothing is rendered and no value is asked for. */
export async function inspectTemplate(path: string, options: TemplateOptions): Promise<InspectResult> {
  if (languageOf(path, options) === 'json') {
    const { source, diagnostics } = await readSource(path, { stdin: options.stdin, cwd: options.cwd });
    return source ? inspectJson(source) : { diagnostics };
  }
  const { inspectHcl } = await import('./hcl/inspect.ts');
  const { inspection, diagnostics } = await inspectHcl(path, options);
  return inspection ? { inspection: asInspection(inspection), diagnostics } : { diagnostics };
}

/** Builds of one block share their provisioners and post-processors: each list is told once. */
function asInspection({ description, variables, builds }: HclInspection): Inspection {
  return {
    ...(description !== undefined && { description }),
    variables: sortedByName(variables).map(({ name, default: value, required, sensitive }) => ({
      name,
      ...(value !== undefined && { default: value }),
      required,
      sensitive,
    })),
    builders: sortedByName(builds).map(({ name, type }) => ({ name, type })),
    provisioners: distinct(builds.map(build => build.provisioners.map(({ type }) => type))).flat(),
    postProcessors: distinct(builds.map(build => build.postProcessors)).flat(),
  };
}

function sortedByName<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function distinct<T>(lists: readonly (readonly T[])[]): (readonly T[])[] {
  return [...new Map(lists.map(list => [JSON.stringify(list), list])).values()];
}
