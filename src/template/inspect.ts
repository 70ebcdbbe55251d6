import type { Diagnostic } from '../sdk/diagnostics.ts';
import { hasErrors } from '../sdk/diagnostics.ts';
import { inspectJson } from './json/inspect.ts';
import { readSource } from './json/read.ts';
import { languageOf, type TemplateOptions } from './language.ts';
import type { Template } from './model.ts';

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
}

/** Looks into a template of either language; nothing is rendered and no value is asked for. */
export async function inspectTemplate(path: string, options: TemplateOptions): Promise<InspectResult> {
  if (languageOf(path, options) === 'json') {
    const { source, diagnostics } = await readSource(path, { stdin: options.stdin, cwd: options.cwd });
    return source ? inspectJson(source) : { diagnostics };
  }
  const { loadHclTemplate } = await import('./hcl/index.ts');
  const { template, diagnostics } = await loadHclTemplate(path, { ...options, syntaxOnly: true });
  if (!template || hasErrors(diagnostics)) return { diagnostics };
  return { inspection: inspectLoaded(template), diagnostics };
}

function inspectLoaded(template: Template): Inspection {
  const [first] = template.builds;
  return {
    ...(template.description !== undefined && { description: template.description }),
    variables: [...template.variables]
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
      .map(({ name, default: value, required, sensitive }) => ({
        name,
        ...(value !== undefined && { default: value }),
        required,
        sensitive,
      })),
    builders: template.builds.map(({ displayName, builderType }) => ({ name: displayName, type: builderType })),
    provisioners: (first?.provisioners ?? []).map(({ type }) => type),
    postProcessors: (first?.sequences ?? []).map(sequence => sequence.map(({ type }) => type)),
  };
}
