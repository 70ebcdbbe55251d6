import { type Io, wantsColor } from '../io.ts';
import type { OutputMode } from '../output-mode.ts';
import { machineLine } from './machine-line.ts';

export interface Rewritten {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** The file holds the new text now. */
  readonly written: boolean;
  /** Show the difference. */
  readonly diff: boolean;
}

/** Tells of a file that a command rewrote, or would have rewritten; of standard input (`-`) only the difference. */
export async function tellRewritten({ path, before, after, written, diff }: Rewritten, mode: OutputMode, io: Io) {
  const difference = diff ? await differenceOf(path, before, after) : '';
  if (mode.kind === 'json') {
    io.out(`${JSON.stringify({ type: 'rewritten', file: path, written, ...(diff && { diff: difference }) })}\n`);
    return;
  }
  if (mode.kind === 'machine') {
    if (path !== '-') io.out(machineLine('', 'ui', ['say', path]));
    if (diff) io.out(machineLine('', 'ui', ['say', difference]));
    return;
  }
  if (path !== '-') io.out(`${path}\n`);
  if (diff) io.out(await colored(difference, mode, io));
}

/** Prints a whole text that a command made of a file. */
export function printResult(path: string, text: string, mode: OutputMode, io: Io): void {
  if (mode.kind === 'json') io.out(`${JSON.stringify({ type: 'result', file: path, text })}\n`);
  else io.out(mode.kind === 'machine' ? machineLine('', 'ui', ['say', text]) : text);
}

async function differenceOf(path: string, before: string, after: string): Promise<string> {
  const { unifiedDiff } = await import('../../template/format/diff.ts');
  return unifiedDiff(before, after, `old/${path}`, `new/${path}`);
}

async function colored(diff: string, mode: OutputMode, io: Io): Promise<string> {
  const { styleFor } = await import('./style.ts');
  const style = styleFor(wantsColor(io, 'stdout', mode.color));
  const color = (line: string): string => {
    if (line.startsWith('+') && !line.startsWith('+++')) return style.good(line);
    return line.startsWith('-') && !line.startsWith('---') ? style.error(line) : line;
  };
  return diff.split('\n').map(color).join('\n');
}
