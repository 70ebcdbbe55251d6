import { GetParameterCommand, SSMClient, StartSessionCommand, TerminateSessionCommand } from '@aws-sdk/client-ssm';

export { SSMClient };

/** The Systems Manager actions kiln uses. */
export const ssmCommands = {
  getParameter: GetParameterCommand,
  startSession: StartSessionCommand,
  terminateSession: TerminateSessionCommand,
} as const;
