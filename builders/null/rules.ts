import type { PrepareContext } from '../../src/sdk/plugin.ts';
import type { NullOptions } from './schema.ts';

/** What a connection needs when no builder can find it out: where, who, and exactly one way to prove it. */
export function checkConnection(type: string, options: NullOptions, context: PrepareContext): void {
  const prefix = type === 'winrm' ? 'winrm' : 'ssh';
  const host = type === 'winrm' ? options.winrm_host : options.ssh_host;
  const user = type === 'winrm' ? options.winrm_username : options.ssh_username;
  const password = type === 'winrm' ? options.winrm_password : options.ssh_password;
  const hint = 'or set "communicator" to "none" when there is nothing to connect to';
  if (!host)
    context.error(
      [`${prefix}_host`],
      'missing-option',
      `"${prefix}_host" is required: the null builder starts no machine of its own`,
      hint,
    );
  if (!user) context.error([`${prefix}_username`], 'missing-option', `"${prefix}_username" is required`, hint);
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
