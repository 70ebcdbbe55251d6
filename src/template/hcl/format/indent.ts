import { type Line, netBracketsBeforeHeredoc } from './lines.ts';

/**
 * Sets the indentation of each line: two blanks per line above that opens more brackets than it closes, however many
 * they are. A line that closes brackets goes back by the lines that opened them.
 */
export function formatIndent(lines: readonly Line[]): void {
  const opened: number[] = [];
  for (const line of lines) {
    const first = line.lead[0];
    if (!first) continue;
    if (first.token.kind === 'newline') {
      first.spaces = 0;
      continue;
    }
    const net = netBracketsBeforeHeredoc(line.lead) + netBracketsBeforeHeredoc(line.assign);
    for (let closing = -net; closing > 0 && opened.length > 0; ) {
      const last = opened.pop() ?? 0;
      if (last > closing) opened.push(last - closing);
      closing -= last;
    }
    first.spaces = 2 * opened.length;
    if (net > 0) opened.push(net);
  }
}
