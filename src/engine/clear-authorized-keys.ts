import type { Communicator } from '../sdk/communicator.ts';
import { messageOf } from '../sdk/errors.ts';
import type { Machine, PreparedBuilder, Ui } from '../sdk/plugin.ts';

/** With ssh_clear_authorized_keys: takes the temporary key out of the image. Failure is told, but does not fail the build. */
export async function clearAuthorizedKeys(
  options: PreparedBuilder['communicator'],
  machine: Machine | undefined,
  communicator: Communicator,
  ui: Ui,
  signal: AbortSignal,
): Promise<void> {
  const name = machine?.temporaryKeyName;
  if (!options?.['ssh_clear_authorized_keys'] || name === undefined || communicator.type !== 'ssh') return;
  ui.say('Trying to remove the temporary key from the authorized_keys files...');
  const pattern = name.replaceAll(/[^A-Za-z0-9_-]/g, '.');
  const clear = (file: string): string => `sed -i.bak '/ ${pattern}$/d' ${file} && rm -f ${file}.bak`;
  for (const command of [
    clear('~/.ssh/authorized_keys'),
    `sudo sh -c "test ! -f /root/.ssh/authorized_keys || { ${clear('/root/.ssh/authorized_keys')}; }"`,
  ]) {
    try {
      const result = await communicator.run(command, { signal });
      if (result.kind !== 'exit' || result.code !== 0)
        ui.error(`The temporary key may still be in an authorized_keys file: "${command}" failed.`);
    } catch (error) {
      signal.throwIfAborted();
      ui.error(`The temporary key may still be in an authorized_keys file: ${messageOf(error)}`);
    }
  }
}
