import type { PrepareContext } from '../../sdk/plugin.ts';
import type { AccessOptions, Ec2CommunicatorOptions, RunOptions } from '../options/index.ts';
import { checkAccess } from './access.ts';
import { checkCommunicator, warnOpenGroup } from './communicator.ts';
import { checkRun } from './run.ts';

/** The rules that all builders with a source instance share. */
export function checkLaunch(
  options: AccessOptions & RunOptions & Ec2CommunicatorOptions,
  context: PrepareContext,
): void {
  checkAccess(options, context);
  checkRun(options, context);
  checkCommunicator(options, context);
  warnOpenGroup(options, context);
}
