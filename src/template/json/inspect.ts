import { type Diagnostic, hasErrors } from '../../sdk/diagnostics.ts';
import type { SourceFile } from '../../sdk/source.ts';
import type { Inspection } from '../inspect.ts';
import { confidentialTexts } from './confidential.ts';
import { parseTemplate } from './template.ts';

interface InspectResult {
  /** Absent when the template has errors. */
  readonly inspection?: Inspection;
  readonly diagnostics: readonly Diagnostic[];
  /** Texts to keep out of excerpts. */
  readonly confidential?: readonly string[];
}

/** What is in a JSON template, as written: nothing is rendered, required variables may be missing. */
export function inspectJson(source: SourceFile): InspectResult {
  const { raw, root, diagnostics } = parseTemplate(source);
  if (!raw || hasErrors(diagnostics)) return { diagnostics, confidential: confidentialTexts(root, [], [source.text]) };
  const sensitive = new Set(raw.sensitive.map(({ name }) => name));
  // A text that must not be shown is hidden wherever it stands, as in Packer: also as another variable's default.
  const hidden = new Set(
    raw.variables.filter(({ name }) => sensitive.has(name)).flatMap(one => one.default?.value || []),
  );
  const inspection: Inspection = {
    ...(raw.description !== undefined && { description: raw.description }),
    variables: sorted(raw.variables).map(one => ({
      name: one.name,
      ...(one.default && { default: one.default.value }),
      required: !one.default,
      sensitive: sensitive.has(one.name) || hidden.has(one.default?.value ?? ''),
    })),
    builders: sorted(raw.builders).map(({ name, type }) => ({ name, type })),
    provisioners: raw.provisioners.map(({ type }) => type),
    postProcessors: raw.sequences.map(sequence => sequence.map(({ type }) => type)),
  };
  return { inspection, diagnostics };
}

function sorted<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
