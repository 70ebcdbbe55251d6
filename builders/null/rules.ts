import type { PrepareContext } from '../../src/sdk/plugin.ts';
import type { NullOptions } from './schema.ts';

/** What a connection needs besides the usual, when no builder can find it out: where, and exactly one way to log in. */
export function checkConnection(type: string, options: NullOptions, context: PrepareContext): void {
  const prefix = type === 'winrm' ? 'winrm' : 'ssh';
  const host = type === 'winrm' ? options.winrm_host : options.ssh_host;
  const password = type === 'winrm' ? options.winrm_password : options.ssh_password;
  const hint = 'or set "communicator" to "none" when there is nothing to connect to';
  if (!host)
    context.error(
      [`${prefix}_host`],
      'missing-option',
      `"${prefix}_host" is required: the null builder starts no machine of its own`,
      hint,
    );
  const given = [
    ...(password ? [`${prefix}_password`] : []),
    ...(options.ssh_private_key_file ? ['ssh_private_key_file'] : []),
    ...(options.ssh_agent_auth ? ['ssh_agent_auth'] : []),
  ];
  const ways = type === 'winrm' ? '"winrm_password"' : '"ssh_password", "ssh_private_key_file" or "ssh_agent_auth"';
  if (given.length === 0) context.error([], 'missing-option', `a way to log in is missing: give ${ways}`);
  else if (given.length > 1)
    context.error(
      [given[1] ?? ''],
      'conflicting-options',
      `${given.map(name => `"${name}"`).join(' and ')} exclude each other: one way to log in is needed`,
    );
}
