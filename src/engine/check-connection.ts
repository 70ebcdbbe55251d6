import type { CommunicatorOptions } from '../sdk/communicator-options.ts';
import type { PrepareContext, PreparedBuilder } from '../sdk/plugin.ts';

/** The rules of the communicator options, which are the same for every builder that has them. */
export async function checkConnection(result: unknown, context: PrepareContext, mustRun: boolean): Promise<void> {
  const { communicator } = result as PreparedBuilder;
  if (!communicator) return;
  const { checkCommunicator } = await import('../communicators/check.ts');
  checkCommunicator(communicator as CommunicatorOptions, context);
  if (mustRun && communicator.communicator === 'winrm') {
    context.error(
      ['communicator'],
      'cannot-run',
      'kiln can validate the communicator winrm, but not use it yet',
      'Windows images since 2019 have OpenSSH: switch it on with user_data and use communicator ssh',
    );
  }
}
