import type { Communicator } from '../../sdk/communicator.ts';
import type { CommunicatorOptions } from '../../sdk/communicator-options.ts';
import type { Machine, Ui } from '../../sdk/plugin.ts';
import { SshCommunicator } from './communicator.ts';
import { Dialer } from './dialer.ts';
import { sshSettings } from './settings.ts';

/** Connects over SSH, retrying until ssh_timeout. See `connect` in ../index.ts. */
export async function connectSsh(
  options: CommunicatorOptions,
  machine: Machine,
  { signal, ui }: { readonly signal: AbortSignal; readonly ui: Ui },
): Promise<Communicator> {
  const settings = sshSettings(options);
  const communicator = new SshCommunicator(new Dialer(settings, machine, ui), settings);
  try {
    await communicator.connect(signal, ui);
    return communicator;
  } catch (error) {
    await communicator.close();
    throw error;
  }
}
