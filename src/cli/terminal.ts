import type { Terminal } from '../sdk/communicator.ts';
import type { Io } from './io.ts';

export interface OwnTerminal {
  readonly terminal: Terminal;
  /** Gives the terminal back as it was. */
  restore(): void;
}

/** This process's terminal, with every key passed on as it is; undefined where stdin or stdout is none. */
export function ownTerminal(io: Io): OwnTerminal | undefined {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return undefined;
  stdin.setRawMode(true);
  return {
    terminal: {
      name: io.env['TERM'] || 'xterm',
      columns: stdout.columns,
      rows: stdout.rows,
      onResize(listener) {
        const resized = (): void => listener({ columns: stdout.columns, rows: stdout.rows });
        stdout.on('resize', resized);
        return () => void stdout.off('resize', resized);
      },
    },
    restore: () => void stdin.setRawMode(false),
  };
}
