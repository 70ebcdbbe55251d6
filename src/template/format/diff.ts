import { type LineMatch, matchLines } from './match-lines.ts';

const NO_NEWLINE = '\\ No newline at end of file\n';

/**
 * The difference of two texts in unified format, as `diff -u` writes it and `patch` applies it; empty when they are equal.
 * The labels go after `---` and `+++` as they are.
 */
export function unifiedDiff(oldText: string, newText: string, oldLabel: string, newLabel: string, context = 3): string {
  if (oldText === newText) return '';
  const before = splitLines(oldText);
  const after = splitLines(newText);
  const blocks = changedBlocks(matchLines(before, after), before.length, after.length);
  const hunks = groupBlocks(blocks, context);
  const body = hunks.map(hunk => renderHunk(hunk, before, after, context)).join('');
  return `--- ${oldLabel}\n+++ ${newLabel}\n${body}`;
}

/** The lines of a text, each with its newline if it has one. */
function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Half-open line ranges that differ. */
interface Block {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

function changedBlocks(matches: readonly LineMatch[], oldCount: number, newCount: number): Block[] {
  const blocks: Block[] = [];
  let oldStart = 0;
  let newStart = 0;
  for (const match of [...matches, { oldStart: oldCount, newStart: newCount, length: 0 }]) {
    if (match.oldStart > oldStart || match.newStart > newStart)
      blocks.push({ oldStart, oldEnd: match.oldStart, newStart, newEnd: match.newStart });
    oldStart = match.oldStart + match.length;
    newStart = match.newStart + match.length;
  }
  return blocks;
}

/** Blocks whose context would touch or overlap share a hunk. */
function groupBlocks(blocks: readonly Block[], context: number): Block[][] {
  const groups: Block[][] = [];
  for (const block of blocks) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group && last && block.oldStart - last.oldEnd <= 2 * context) group.push(block);
    else groups.push([block]);
  }
  return groups;
}

function renderHunk(
  blocks: readonly Block[],
  before: readonly string[],
  after: readonly string[],
  context: number,
): string {
  const first = blocks[0];
  const last = blocks.at(-1);
  if (!first || !last) return '';
  const lead = Math.min(context, first.oldStart);
  const tail = Math.min(context, before.length - last.oldEnd);
  const oldFrom = first.oldStart - lead;
  const oldTo = last.oldEnd + tail;
  const newFrom = first.newStart - lead;
  const newTo = last.newEnd + tail;
  const lines = [`@@ -${range(oldFrom, oldTo)} +${range(newFrom, newTo)} @@\n`];
  let at = oldFrom;
  for (const block of blocks) {
    for (; at < block.oldStart; at++) lines.push(line(' ', before[at]));
    for (; at < block.oldEnd; at++) lines.push(line('-', before[at]));
    for (let index = block.newStart; index < block.newEnd; index++) lines.push(line('+', after[index]));
  }
  for (; at < oldTo; at++) lines.push(line(' ', before[at]));
  return lines.join('');
}

/** `start,count`, the count left out when it is 1; an empty range names the line before it. */
function range(from: number, to: number): string {
  const count = to - from;
  if (count === 0) return `${from},0`;
  return count === 1 ? `${from + 1}` : `${from + 1},${count}`;
}

function line(mark: string, text = ''): string {
  return text.endsWith('\n') ? mark + text : `${mark}${text}\n${NO_NEWLINE}`;
}
