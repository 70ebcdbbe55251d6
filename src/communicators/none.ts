import type { CommandResult, Communicator } from '../sdk/communicator.ts';
import { KilnError } from '../sdk/errors.ts';

/**
 * Reaches nothing: commands succeed without being run, as in Packer. Transfers fail, and at once; with `pretend` they
 * succeed too, for builders that have no machine at all (Packer gives those a mock).
 */
export function noneCommunicator(pretend = false): Communicator {
  const refuse = async (what: string): Promise<void> => {
    if (pretend) return;
    throw new KilnError(`${what} is impossible: this build's communicator is "none"`, {
      code: 'no-communicator',
      hint: 'set communicator to "ssh", or leave this provisioner out with "except"',
    });
  };
  return {
    type: 'none',
    run: async (_command, { signal }): Promise<CommandResult> => {
      signal.throwIfAborted();
      return { kind: 'exit', code: 0 };
    },
    upload: (source, target) => refuse(`uploading ${'path' in source ? `"${source.path}"` : 'text'} to "${target}"`),
    uploadFolder: (source, target) => refuse(`uploading "${source}" to "${target}"`),
    download: (source, target) => refuse(`downloading "${source}" to "${target}"`),
    downloadFolder: (source, target) => refuse(`downloading "${source}" to "${target}"`),
    reconnect: async () => {},
    close: async () => {},
  };
}
