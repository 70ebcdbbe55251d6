import type { CommunicatorOptions } from '../sdk/communicator-options.ts';
import type { Machine } from '../sdk/plugin.ts';
import type { ConnectionFacts } from './build-data.ts';

/** What provisioners may know about the connection: Packer's build variables Host, Port, User ... */
export async function connectionFacts(
  options: CommunicatorOptions,
  machine: Machine,
  signal: AbortSignal,
): Promise<ConnectionFacts | undefined> {
  const type = options.communicator ?? 'ssh';
  if (type === 'none')
    return {
      id: machine.id,
      host: '',
      port: 0,
      user: '',
      password: '',
      type,
      publicKey: '',
      privateKey: '',
      privateKeyFile: '',
      agentAuth: false,
    };
  const target = await machine.target(signal);
  const winrm = type === 'winrm';
  return {
    id: machine.id,
    host: target.host,
    port: target.port,
    user: (winrm ? options.winrm_username : options.ssh_username) ?? '',
    password: target.password ?? (winrm ? options.winrm_password : options.ssh_password) ?? '',
    type,
    publicKey: '',
    privateKey: target.privateKeys?.[0] ?? '',
    privateKeyFile: options.ssh_private_key_file ?? '',
    agentAuth: options.ssh_agent_auth ?? false,
  };
}
