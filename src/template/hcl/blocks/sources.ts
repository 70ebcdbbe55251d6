import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { Span } from '../../../sdk/source.ts';
import { nearest } from '../../../sdk/suggest.ts';
import type { Block, Body } from '../syntax/ast.ts';

/** A `source "type" "name"` block. */
export interface Source {
  readonly type: string;
  readonly name: string;
  readonly block: Block;
}

/** A use of a source in a build block. */
export interface SourceUse {
  readonly source: Source;
  /** The name it goes by in this build. */
  readonly name: string;
  /** Where the build says so. */
  readonly span: Span;
  /** Further options, of a `source` block inside the build. */
  readonly extra: Body | undefined;
}

/** Sources by `type.name`. */
export function readSources(blocks: readonly Block[], diagnostics: Diagnostic[]): Map<string, Source> {
  const sources = new Map<string, Source>();
  for (const block of blocks) {
    const [type, name] = block.labels;
    if (block.type !== 'source' || !type || !name) continue;
    const id = `${type.text}.${name.text}`;
    const earlier = sources.get(id);
    if (!earlier) sources.set(id, { type: type.text, name: name.text, block });
    else {
      const notes = [{ message: 'declared here first', span: earlier.block.headerSpan }];
      diagnostics.push(
        errorAt(block.headerSpan, 'duplicate-source', `the source "${id}" is declared twice`, {
          hint: 'rename one of the two',
          notes,
        }),
      );
    }
  }
  return sources;
}

/**
 * The source that `source.type.name` or `type.name` refers to. A name that is nearly right is reported, and read as what
 * was meant: what else is wrong is then found in the same run.
 */
export function findSource(
  reference: string,
  span: Span,
  sources: ReadonlyMap<string, Source>,
  diagnostics: Diagnostic[],
): Source | undefined {
  const parts = reference.split('.');
  // Packer takes any first word: some write "sources.TYPE.NAME".
  if (parts.length === 3) parts.shift();
  if (parts.length !== 2 || parts.includes('')) {
    diagnostics.push(
      errorAt(span, 'invalid-reference', `"${reference}" is not a reference to a source`, {
        hint: 'write "source.TYPE.NAME"',
      }),
    );
    return undefined;
  }
  const found = sources.get(parts.join('.'));
  if (found) return found;
  const known = [...sources.keys()];
  const meant = nearest(parts.join('.'), known);
  const list = `there are ${known.slice(0, 8).join(', ')}`;
  const declaration = `declare it: source "${parts[0]}" "${parts[1]}" { ... }`;
  const hint = meant ? `did you mean "${meant}"?` : known.length > 0 ? list : declaration;
  diagnostics.push(errorAt(span, 'unknown-source', `there is no source "${parts.join('.')}"`, { hint }));
  return meant === undefined ? undefined : sources.get(meant);
}
