import type { Cursor } from './cursor.ts';

const OPENERS: ReadonlySet<string> = new Set(['{', '[', '(', 'interpolation', 'directive']);
const CLOSERS: ReadonlySet<string> = new Set(['}', ']', ')', 'template-end']);

/**
 * After a complaint: goes to the line where the next item seems to begin, judged by brackets, and by indentation
 * where brackets are what is wrong.
 */
export function skipItem(cursor: Cursor, first: number, inBlock: boolean): void {
  cursor.newlines = true;
  const stopped = Math.max(cursor.index, first + 1);
  const start = cursor.tokens[first]?.start ?? 0;
  const column = cursor.column(start);
  let depth = 0;
  for (let index = first; index < cursor.tokens.length; index++) {
    const token = cursor.tokens[index];
    if (token === undefined || token.kind === 'end') break;
    if (OPENERS.has(token.kind)) depth++;
    else if (CLOSERS.has(token.kind)) {
      if (depth === 0 && inBlock && token.kind === '}' && index > first) {
        cursor.index = index;
        return;
      }
      depth = Math.max(0, depth - 1);
    }
    if (token.kind !== 'newline' || index + 1 < stopped) continue;
    const after = cursor.tokens[index + 1];
    const outdented =
      after !== undefined &&
      ((after.kind === 'identifier' && cursor.column(after.start) <= column) ||
        (after.kind === '}' && cursor.column(after.start) < column));
    if (depth === 0 || outdented) {
      cursor.index = index;
      return;
    }
  }
  cursor.index = cursor.tokens.length - 1;
}
