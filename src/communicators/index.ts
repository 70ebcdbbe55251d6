import type { Communicator } from '../sdk/communicator.ts';
import type { CommunicatorOptions } from '../sdk/communicator-options.ts';
import { KilnError } from '../sdk/errors.ts';
import type { ChrootMachine, Machine, Ui } from '../sdk/plugin.ts';
import { noneCommunicator } from './none.ts';

export { checkCommunicator } from './check.ts';
export { noneCommunicator } from './none.ts';

/** The way into a folder of this host that holds a root file system. */
export async function enterChroot(root: ChrootMachine): Promise<Communicator> {
  const { chrootCommunicator } = await import('./chroot/index.ts');
  return chrootCommunicator(root);
}

export interface ConnectContext {
  /** Aborting gives up connecting; the communicator's own calls have signals of their own. */
  readonly signal: AbortSignal;
  readonly ui: Ui;
}

/**
 * Connects to a launched machine, waiting until it answers. Throws a KilnError that says what the last obstacle was, or
 * the signal's reason. The caller closes the communicator.
 */
export async function connect(
  options: CommunicatorOptions,
  machine: Machine,
  run: ConnectContext,
): Promise<Communicator> {
  switch (options.communicator || 'ssh') {
    case 'none':
      return noneCommunicator();
    case 'ssh': {
      const { connectSsh } = await import('./ssh/index.ts');
      return connectSsh(options, machine, run);
    }
    default:
      throw new KilnError(`communicator ${options.communicator} is not built into kiln yet`, {
        hint: 'use communicator ssh',
      });
  }
}
