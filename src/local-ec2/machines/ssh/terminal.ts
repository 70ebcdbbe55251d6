import type { PseudoTtyInfo, WindowChangeInfo } from 'ssh2';
import type { GuestProcess } from '../guest/enter.ts';
import { shellQuote } from '../guest/environment.ts';
import { onlyChild } from '../processes.ts';
import { runTool } from '../system.ts';
import { toolInside } from '../toolbox.ts';

type Size = Pick<WindowChangeInfo, 'rows' | 'cols'>;

function sizeWords({ rows, cols }: Size): string[] {
  return ['rows', String(rows || 24), 'cols', String(cols || 80)];
}

/** The command in a pseudo-terminal of the machine, made by util-linux's script; it needs SHELL=/bin/sh. */
export function inTerminal(argv: readonly string[], size: PseudoTtyInfo, shell: string): string[] {
  const command = [
    `stty ${sizeWords(size).join(' ')} echo 2>/dev/null`,
    `SSH_TTY=$(tty) SHELL=${shellQuote(shell)}`,
    'export SSH_TTY SHELL',
    `exec ${argv.map(shellQuote).join(' ')}`,
  ].join('; ');
  return [...toolInside('script'), '-q', '-e', '-f', '-c', command, '/dev/null'];
}

/** Gives the terminal of a running command its new size; the kernel tells the programs in it. */
export async function resizeTerminal(process: GuestProcess, size: Size): Promise<void> {
  const script = await process.pid();
  const shell = script === undefined ? undefined : await onlyChild(script);
  if (shell !== undefined) await runTool('stty', ['-F', `/proc/${shell}/fd/0`, ...sizeWords(size)]);
}
