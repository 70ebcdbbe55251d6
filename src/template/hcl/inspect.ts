import { type Diagnostic, hasErrors } from '../../sdk/diagnostics.ts';
import type { VariableInfo } from '../model.ts';
import type { RequiredPlugin } from './blocks/packer.ts';
import { type HclLoadOptions, loadHclTemplate } from './index.ts';

/** What an HCL2 template declares. Nothing is fetched, and variables need no values. */
export interface HclInspection {
  readonly description?: string;
  readonly variables: readonly VariableInfo[];
  readonly requiredPlugins: readonly RequiredPlugin[];
  readonly builds: readonly {
    /** `[build.]type.name` */
    readonly name: string;
    readonly type: string;
    readonly provisioners: readonly { readonly type: string; readonly name?: string }[];
    /** Types, or names where given, one list per sequence. */
    readonly postProcessors: readonly (readonly string[])[];
  }[];
}

export interface HclInspectResult {
  /** Absent when the template has errors. */
  readonly inspection?: HclInspection;
  readonly diagnostics: readonly Diagnostic[];
}

/** Looks into a template without evaluating more than names. Never throws for what the user wrote. */
export async function inspectHcl(path: string, options: HclLoadOptions): Promise<HclInspectResult> {
  const { template, requiredPlugins, diagnostics } = await loadHclTemplate(path, { ...options, syntaxOnly: true });
  if (!template || hasErrors(diagnostics)) return { diagnostics };
  const { description, variables } = template;
  const builds = template.builds.map(build => ({
    name: build.displayName,
    type: build.builderType,
    provisioners: build.provisioners.map(({ type, name }) => ({ type, ...(name !== undefined && { name }) })),
    postProcessors: build.sequences.map(sequence => sequence.map(({ name }) => name)),
  }));
  return {
    inspection: { ...(description !== undefined && { description }), variables, requiredPlugins, builds },
    diagnostics,
  };
}
