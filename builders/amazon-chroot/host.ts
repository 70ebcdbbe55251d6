import { randomUUID } from 'node:crypto';
import { KilnError } from '../../src/sdk/errors.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import { runLocalProcess } from '../../src/sdk/scripts/local-process.ts';
import { shellQuote } from '../../src/sdk/scripts/remote.ts';

/** Commands of the host that this build runs on, each in the template's wrapper. */
export interface Host {
  /** The command line in its wrapper. */
  wrap(command: string): string;
  /** Runs words as a command. Throws a KilnError that begins with `what` when it fails. */
  run(what: string, words: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Runs a command line of the user's, with its output shown. */
  show(command: string): Promise<void>;
}

export function hostOf(run: RunContext, wrapper: string): Host {
  // The command goes in after rendering: it may hold braces of its own.
  const slot = `kiln-${randomUUID()}`;
  const rendered = run.render(wrapper, { Command: slot });
  const wrap = (command: string): string => rendered.split(slot).join(command);
  const sh = (command: string): string[] => ['/bin/sh', '-c', wrap(command)];
  return {
    wrap,
    async run(what, words, signal = run.signal) {
      let said = '';
      const output = (_: string, chunk: Buffer): void => {
        said = (said + chunk.toString()).slice(-4000);
      };
      const result = await runLocalProcess(sh(words.map(shellQuote).join(' ')), { signal, ui: { output } });
      if (result.kind === 'exit' && result.code === 0) return;
      const how = result.kind === 'exit' ? `exit status ${result.code}` : 'it was killed';
      const reason = said.trim().split('\n', 1)[0] || how;
      throw new KilnError(`${what}: ${reason}`, { code: 'host-command-failed', ...hintFor(reason) });
    },
    async show(command) {
      const result = await runLocalProcess(sh(command), run);
      if (result.kind === 'exit' && result.code === 0) return;
      const how = result.kind === 'exit' ? `ended with exit status ${result.code}` : 'was killed';
      throw new KilnError(`a command of this host ${how}: ${command}`, { code: 'host-command-failed' });
    },
  };
}

function hintFor(reason: string): { hint?: string } {
  return /permission denied|superuser|not permitted|must be root/i.test(reason)
    ? { hint: 'run kiln as root, or set command_wrapper to "sudo {{.Command}}"' }
    : {};
}
