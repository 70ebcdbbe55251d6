import { formatPatch, OMIT_HEADERS, type StructuredPatch, structuredPatch } from 'diff';

/** Edits after which a stretch is no longer searched for a shorter way: the difference stays correct, only longer. */
const MOST_EDITS = 4000;

/**
 * The difference of two texts in unified format, as `diff -u` writes it and `patch` applies it; empty when they are equal.
 * The labels go after `---` and `+++` as they are.
 */
export function unifiedDiff(oldText: string, newText: string, oldLabel: string, newLabel: string, context = 3): string {
  if (oldText === newText) return '';
  const patch =
    structuredPatch('', '', oldText, newText, undefined, undefined, { context, maxEditLength: MOST_EDITS }) ??
    replacement(oldText, newText);
  return `--- ${oldLabel}\n+++ ${newLabel}\n${formatPatch(patch, OMIT_HEADERS)}`;
}

/** Everything goes, everything comes. */
function replacement(oldText: string, newText: string): StructuredPatch {
  const nothing = structuredPatch('', '', oldText, '', undefined, undefined, { context: 0 });
  const all = structuredPatch('', '', '', newText, undefined, undefined, { context: 0 });
  const [removed] = nothing.hunks;
  const [added] = all.hunks;
  if (!removed || !added) return removed ? nothing : all;
  const { oldStart, oldLines } = removed;
  const { newStart, newLines } = added;
  return { ...all, hunks: [{ oldStart, oldLines, newStart, newLines, lines: [...removed.lines, ...added.lines] }] };
}
